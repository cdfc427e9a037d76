"""What studies show: the same values in a terminal, on a page and in a workbook."""
