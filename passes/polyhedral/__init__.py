"""
Access relations of pattern programs, as integer sets and maps of isl.

Modules here import islpy when they are imported, so passes import them when they run; call
`spatial_opt.passes.polyhedral.library.require_isl` first.
"""
