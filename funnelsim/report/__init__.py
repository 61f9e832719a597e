"""What people take away with them: workbooks, tables and pages."""
