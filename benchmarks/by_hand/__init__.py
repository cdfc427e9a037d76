"""The plan of plan.yaml, written by hand: what each tool's own users would write, faster wherever we knew how."""
