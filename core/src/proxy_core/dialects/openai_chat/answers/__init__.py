"""An answer of Chat Completions, told to the writer; `reader` is the one mapping for both forms."""
