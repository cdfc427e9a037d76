"""Documents: YAML text becomes data that remembers where each value is written, and then a model or problems."""

from incentive_engine.documents.document import Document, Place, declare
from incentive_engine.documents.patching import PatchedDocument, put, spread, without
from incentive_engine.documents.reading import is_too_large, read_document, read_text

__all__ = [
    "Document", "PatchedDocument", "Place", "declare", "is_too_large", "put", "read_document", "read_text", "spread",
    "without",
]  # fmt: skip
