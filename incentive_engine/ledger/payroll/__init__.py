"""What payroll is sent: the lines that are due, in the file that payroll reads, and never twice."""
