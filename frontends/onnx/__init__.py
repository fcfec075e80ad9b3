"""The ONNX front end: `spatial_opt.frontends.onnx.importer.import_model`."""
