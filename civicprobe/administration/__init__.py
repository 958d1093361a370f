"""Administration: what a city sets, as registers of one pattern; failed work, tokens, the audit."""
