"""The close checklist: what somebody looks at before a run is approved, each in one sentence with its numbers."""
