"""What people see and click: pages a role, the parts they share, and the files they take along."""
