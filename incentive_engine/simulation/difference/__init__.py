"""What two rule sets say otherwise: in meaning, in words, in money."""
