"""What pages and API share: problems, paging, language, security headers; knows no domain."""
