"""Questions the other way round: which number gives an amount, and which numbers move the cost."""
