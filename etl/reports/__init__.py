"""What people see outside the pages: quality, the workbook to mend, Data Docs, tables in a terminal."""
