"""Modules for Trend Micro ScanMail for Domino."""
