"""Variable pay that follows what customers experience, exact and explained."""
