"""The vocabulary: each kind is one class that knows its fields, its expression and the sentence that explains it."""
