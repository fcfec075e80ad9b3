// A matrix-vector product, y = W x, of 8-bit integers: products in i16, sums in i32, so exact.
// Weights and inputs are stored times 127; y is left times 127 * 127.
builtin.module attributes {pattern.weights = "matvec.safetensors"} {
  func.func @main(%x: tensor<40xi8> {pattern.name = "x", pattern.scale = 127.0 : f32})
      -> (tensor<24xi32> {pattern.name = "y"}) {
    %W = pattern.parameter "W" scale 127.0 : tensor<24x40xi8>
    %y = pattern.map (%j in 24) -> tensor<24xi32> {
      %s = pattern.reduce add (%k in 40) through [i32] : i32 {
        %w = pattern.read %W[%j, %k] : tensor<24x40xi8>
        %v = pattern.read %x[%k] : tensor<40xi8>
        %w16 = pattern.convert %w : i8 to i16
        %v16 = pattern.convert %v : i8 to i16
        %p = arith.muli %w16, %v16 : i16
        pattern.yield %p : i16
      }
      pattern.yield %s : i32
    }
    func.return %y : tensor<24xi32>
  }
}
