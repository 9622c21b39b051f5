"""What `proxy new-plugin` writes: files with `$name`, `$module`, `$title` and `$variable` in them.

`plugin/` is for every plugin, the other folders are for one dialect each. `.template` keeps tools
from taking them for what they become.
"""
