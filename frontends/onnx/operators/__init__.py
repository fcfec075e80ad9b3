"""What each ONNX operator becomes, by topic; `spatial_opt.frontends.onnx.table` joins them."""
