"""PyTorch modules and exported programs, read into the rnn and pattern dialects."""

from spatial_opt.frontends.torch.importer import import_exported, import_file, import_module

__all__ = ["import_exported", "import_file", "import_module"]
