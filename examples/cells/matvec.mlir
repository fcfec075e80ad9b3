// A matrix-vector product: y = W x.
builtin.module attributes {pattern.weights = "matvec.safetensors"} {
  func.func @main(%x: tensor<40xf32> {pattern.name = "x"})
      -> (tensor<24xf32> {pattern.name = "y"}) {
    %W = pattern.parameter "W" : tensor<24x40xf32>
    %y = pattern.map (%j in 24) -> tensor<24xf32> {
      %s = pattern.reduce add (%k in 40) : f32 {
        %w = pattern.read %W[%j, %k] : tensor<24x40xf32>
        %v = pattern.read %x[%k] : tensor<40xf32>
        %p = arith.mulf %w, %v : f32
        pattern.yield %p : f32
      }
      pattern.yield %s : f32
    }
    func.return %y : tensor<24xf32>
  }
}
