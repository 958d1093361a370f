"""What people are told: the in-app inbox first; channels outside come later, one file each."""
