// A matrix-vector product, y = W x, of 8-bit floats: products in 8 bits, the first level of a
// sum in f16, all others in f32. Weights and inputs are stored times 16.
builtin.module attributes {pattern.weights = "matvec.safetensors"} {
  func.func @main(%x: tensor<40xf8E4M3FN> {pattern.name = "x", pattern.scale = 16.0 : f32})
      -> (tensor<24xf32> {pattern.name = "y"}) {
    %W = pattern.parameter "W" scale 16.0 : tensor<24x40xf8E4M3FN>
    %y = pattern.map (%j in 24) -> tensor<24xf32> {
      %s = pattern.reduce add (%k in 40) through [f16, f32] : f32 {
        %w = pattern.read %W[%j, %k] : tensor<24x40xf8E4M3FN>
        %v = pattern.read %x[%k] : tensor<40xf8E4M3FN>
        %p = arith.mulf %w, %v : f8E4M3FN
        pattern.yield %p : f8E4M3FN
      }
      %scale = arith.constant 0.00390625 : f32
      %r = arith.mulf %s, %scale : f32
      pattern.yield %r : f32
    }
    func.return %y : tensor<24xf32>
  }
}
