from setuptools import find_packages, setup

FOLDERS = (
    "bench",
    "dialects",
    "frontends",
    "interop",
    "lowering",
    "machine",
    "passes",
    "runtime",
    "tools",
)
setup(
    packages=[
        f"spatial_opt.{name}"
        for folder in FOLDERS
        for name in find_packages(include=[folder, f"{folder}.*"])
    ],
    package_dir={f"spatial_opt.{folder}": folder for folder in FOLDERS},
)
