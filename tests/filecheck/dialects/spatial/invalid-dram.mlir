// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

spatial.config @main {
  spatial.dram @w holds tensor<4xf32> init zero
}

// CHECK: @w is filled from parameters or an input, got #spatial.init_zero

// -----

spatial.config @main {
  spatial.dram @w holds tensor<16xf32> init table tanh from -8.0 to 8.0
}

// CHECK: @w is filled from parameters or an input, got #spatial.init_table

// -----

spatial.config @main {
  spatial.dram @w holds tensor<f32> init parameter "W"
}

// CHECK: a DRAM tensor has rank 1 or more, got tensor<f32>

// -----

spatial.config @main {
  spatial.dram @w holds tensor<?xf32> init parameter "W"
}

// CHECK: a DRAM buffer is a tensor of static shape, got tensor<?xf32>

// -----

spatial.config @main {
  spatial.dram @w holds tensor<0x4xf32> init parameter "W"
}

// CHECK: a DRAM buffer is a tensor of static shape, got tensor<0x4xf32>

// -----

spatial.config @main {
  spatial.dram @w holds tensor<4xf32> init parameter "W" [8, 8] map affine_map<(d0, d1) -> (d0, d1)>
}

// CHECK: the map of the initial contents is over 2 dimensions, but the memory holds rank 1

// -----

spatial.dram @w holds tensor<4xf32> init parameter "W"

// CHECK: spatial.dram must stand in a configuration, got builtin.module

// -----

spatial.config @main {
  spatial.input @w : tensor<4xf32>
  spatial.dram @w holds tensor<4xf32> init parameter "W"
}

// CHECK: Redefinition of symbol "w"

// -----

spatial.config @main {
  spatial.dram @w holds tensor<4xf32> init parameter "W"
  spatial.ag @a stores @w counters (%i = 0 to 4) address [%i] : f32
}

// CHECK: @a stores @w, which is not a spatial.output

// -----

spatial.config @main {
  spatial.output @y : tensor<4xf32>
  spatial.ag @a loads @y counters (%i = 0 to 4) address [%i] : f32
}

// CHECK: @a loads @y, which is not a spatial.input or spatial.dram

// -----

spatial.config @main {
  spatial.dram @w holds tensor<4xf32> init parameter "W"
  spatial.ag @a loads @w counters (%i = 0 to 4) address [%i, 0] : f32
}

// CHECK: @a addresses @w of rank 1 with rank 2

// -----

spatial.config @main {
  spatial.dram @w holds tensor<4xf32> init parameter "W"
  spatial.ag @a loads @w counters (%i = 0 to 4) address [%i] : f16
}

// CHECK: @a loads tokens of f16, but @w is tensor<4xf32>

// -----

spatial.config @main {
  spatial.dram @w holds tensor<4xf32> init parameter "W" [6]
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init parameter "W" [7] {
  }
}

// CHECK: parameter "W" has the shape [7] in @m and [6] in @w

// -----

spatial.config @main {
  spatial.input @x : tensor<8xf32>
  spatial.dram @w holds tensor<4xf32> init input "x" [6]
}

// CHECK: input "x" has the shape [8] in spatial.input @x and [6] in @w
