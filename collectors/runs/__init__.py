"""Pages into the lake, each once: runs, imports, and known posts read again."""
