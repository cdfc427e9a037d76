"""Whether pay treats women and men alike, and whether targets can be reached."""
