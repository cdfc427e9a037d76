"""Records: runs reviewed, approved, sealed, sent to payroll and corrected, in a project folder."""
