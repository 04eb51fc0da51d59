"""Call sheets: the rows in the order of the evenings, on paper, in a workbook, in a calendar."""
