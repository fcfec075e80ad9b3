"""The process in which an isolated pipeline runs: a request on standard input, a file out."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from spatial_opt.interop.pipelines import ModuleError, PipelineError, Request, run_here
from spatial_opt.interop.session import RefusalError


def answer(request: Request) -> dict[str, Any]:
    """Run a pipeline and say what came of it, in terms of JSON."""
    try:
        return {"kind": "outcome", **asdict(run_here(request, "mlir"))}
    except PipelineError as error:
        return {"kind": "pipeline", "message": str(error)}
    except ModuleError as error:
        return {"kind": "module", "diagnostic": asdict(error.diagnostic)}
    except RefusalError as error:
        return {"kind": "refusal", "diagnostic": asdict(error.diagnostics[0])}


def main() -> None:
    """Answer one request in the file named."""
    request = Request(**json.load(sys.stdin))
    Path(sys.argv[1]).write_text(json.dumps(answer(request)), encoding="utf-8")


if __name__ == "__main__":
    main()
