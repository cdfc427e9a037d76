"""What a change does to pay: everybody with it against everybody without it."""
