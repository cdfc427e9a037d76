"""Numbered rules of what makes a plan sound; `incentive check` tells where one is broken, and a reason may waive it."""
