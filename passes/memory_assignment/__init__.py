"""
Memories of a pattern program: which values need one, of what kind, how deep, and for how long.

`storage` imports islpy when it is imported, so others import it when they run; call
`spatial_opt.passes.polyhedral.library.require_isl` first.
"""
