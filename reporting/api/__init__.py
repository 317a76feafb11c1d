"""Reports by the API: the same definitions, the same figures as on the pages and in the files."""
