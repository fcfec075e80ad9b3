// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1, 1>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<4xf32>

// CHECK: one par factor per dimension, got 2 for 1 dimensions

// -----

"pattern.map"() <{bounds = array<i64: 0>, par = array<i64: 1>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<0xf32>

// CHECK: bounds must be at least 1, got [0]

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 0>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<4xf32>

// CHECK: par factors must be at least 1, got [0]

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 0 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<4xf32>

// CHECK: lanes must be at least 1, got [0]

// -----

"pattern.map"() <{bounds = array<i64>, par = array<i64>, lanes = 2 : i64}> ({
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<f32>

// CHECK: a domain without dimensions has one lane, got 2

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64}> ({
^bb0(%i: i32):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<4xf32>

// CHECK: the body takes one index argument per dimension, got (i32) for 1 dimensions

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "test.termop"() : () -> ()
}) : () -> tensor<4xf32>

// CHECK: the body must end in pattern.yield

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> ()

// CHECK: a map has at least one result

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<5xf32>

// CHECK: results have the shape of the domain, got tensor<5xf32> for bounds [4]

// -----

"pattern.map"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> tensor<4xf16>

// CHECK: the body yields one element per result (f16), got (f32)

// -----

"pattern.reduce"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64, kinds = ["sub"]}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> f32

// CHECK: kinds are add, mul, max, min, got sub

// -----

"pattern.reduce"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64, kinds = ["add", "max"]}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> f32

// CHECK: one kind per result and at least one, got 2 kinds and 1 results

// -----

"pattern.reduce"() <{bounds = array<i64>, par = array<i64>, lanes = 1 : i64, kinds = ["add"]}> ({
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> f32

// CHECK: a reduce has at least one dimension

// -----

"pattern.reduce"() <{bounds = array<i64: 4, 4>, par = array<i64: 2, 1>, lanes = 1 : i64, kinds = ["add"]}> ({
^bb0(%i: index, %j: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> f32

// CHECK: only the last dimension of a reduce takes par, got [2, 1]

// -----

"pattern.reduce"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64, kinds = ["add"]}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v, %v) : (f32, f32) -> ()
}) : () -> f32

// CHECK: one yielded value per kind, got 2 for 1 kinds

// -----

"pattern.reduce"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64, kinds = ["add"]}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> i32

// CHECK: yielded, through and result types are all floats or all integers, got f32 and i32

// -----

"pattern.reduce"() <{bounds = array<i64: 4>, par = array<i64: 1>, lanes = 1 : i64, kinds = ["add"], through = [i8]}> ({
^bb0(%i: index):
  %v = arith.constant 1.0 : f32
  "pattern.yield"(%v) : (f32) -> ()
}) : () -> f32

// CHECK: yielded, through and result types are all floats or all integers, got i8 and f32

// -----

%z = arith.constant 1.0 : f32
"pattern.scan"(%z) <{bound = 0 : i64}> ({
^bb0(%t: index, %c: f32):
  "pattern.next"(%c) <{operandSegmentSizes = array<i32: 1, 0>}> : (f32) -> ()
}) : (f32) -> f32

// CHECK: a scan takes at least 1 step, got 0

// -----

%z = arith.constant 1.0 : f32
"pattern.scan"(%z) <{bound = 2 : i64}> ({
^bb0(%t: index):
  %c = arith.constant 1.0 : f32
"pattern.next"(%c) <{operandSegmentSizes = array<i32: 1, 0>}> : (f32) -> ()
}) : (f32) -> f32

// CHECK: the body takes an index and the carried values (f32), got (index)

// -----

%z = arith.constant 1.0 : f32
"pattern.scan"(%z) <{bound = 2 : i64}> ({
^bb0(%t: index, %c: f32):
  "test.termop"() : () -> ()
}) : (f32) -> f32

// CHECK: the body of a scan must end in pattern.next

// -----

%z = arith.constant 1.0 : f32
"pattern.scan"(%z) <{bound = 2 : i64}> ({
^bb0(%t: index, %c: f32):
  "pattern.next"(%c) <{operandSegmentSizes = array<i32: 0, 1>}> : (f32) -> ()
}) : (f32) -> f32

// CHECK: the next carried values have the types (f32), got ()

// -----

%z = arith.constant 1.0 : f32
"pattern.scan"(%z) <{bound = 2 : i64}> ({
^bb0(%t: index, %c: f32):
  "pattern.next"(%c, %c) <{operandSegmentSizes = array<i32: 1, 1>}> : (f32, f32) -> ()
}) : (f32) -> f32

// CHECK: results are the carried values, then the emitted ones stacked (f32, tensor<2xf32>), got (f32)

// -----

%z = arith.constant 1.0 : f32
"pattern.scan"(%z) <{bound = 2 : i64}> ({
^bb0(%t: index, %c: f32):
  pattern.yield %c : f32
}) : (f32) -> f32

// CHECK: 'pattern.yield' expects parent op to be one of 'pattern.map', 'pattern.reduce'

// -----

%x = pattern.parameter "x" scale -1.0 : tensor<4xf32>

// CHECK: scale must be finite and above zero, got -1.0

// -----

%x = pattern.parameter "x" : tensor<4xf64>

// CHECK: elements are f32, f16, bf16, 8-bit floats, i1, i8, i16 or i32, got f64

// -----

%t = pattern.table sine entries 4 from 0.0 to 1.0 : tensor<4xf32>

// CHECK: tables hold 

// -----

%t = pattern.table tanh entries 4 from 1.0 to 1.0 : tensor<4xf32>

// CHECK: a table runs from low to a greater high, got 1.0 to 1.0

// -----

%t = pattern.table tanh entries 4 from 0.0 to 1.0 : tensor<4xi8>

// CHECK: a table is a one-dimensional tensor of floats, got tensor<4xi8>

// -----

%t = pattern.table tanh entries 5 from 0.0 to 1.0 : tensor<4xf32>

// CHECK: 5 entries do not fill tensor<4xf32>

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%i = arith.constant 1 : index
"pattern.read"(%x, %i) <{map = affine_map<(d0, d1) -> (d0, d1)>}> : (tensor<4x2xf32>, index) -> f32

// CHECK: the map takes one dimension per index and no symbols, got 2 dimensions and 0 symbols for 1 indices

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%e = pattern.read %x[1] : tensor<4x2xf32>

// CHECK: one coordinate per dimension of the tensor, got 1 for tensor<4x2xf32>

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
"pattern.read"(%x) <{map = affine_map<() -> (0, 0)>}> : (tensor<4x2xf32>) -> f16

// CHECK: the result is an element of the tensor, got f16 from tensor<4x2xf32>

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%y = pattern.map (%i in 3) -> tensor<3xf32> {
  %e = pattern.read %x[%i, %i] : tensor<4x2xf32>
  pattern.yield %e : f32
}

// CHECK: coordinate 1 runs from 0 to 2 but tensor<4x2xf32> has 2 elements there; use zero_outside if that is meant

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%y = pattern.map (%i in 7) -> tensor<7xf32> {
  %e = pattern.read %x[%i floordiv 2 - 1, 0] : tensor<4x2xf32>
  pattern.yield %e : f32
}

// CHECK: coordinate 0 runs from -1 to 2 but tensor<4x2xf32> has 4 elements there

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%i = arith.constant 1 : index
%e = pattern.gather %x[%i] : tensor<4x2xf32>, index

// CHECK: one index per dimension of the tensor, got 1 for tensor<4x2xf32>

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%i = arith.constant 1 : i8
%e = pattern.gather %x[%i, %i] : tensor<4x2xf32>, i8, i8

// CHECK: indices of a gather are i32 or index, got i8

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%i = arith.constant 1 : index
"pattern.gather"(%x, %i, %i) : (tensor<4x2xf32>, index, index) -> f16

// CHECK: the result is an element of the tensor, got f16 from tensor<4x2xf32>

// -----

%v = "test.op"() : () -> vector<4xf32>
"pattern.convert"(%v) <{rounding = "nearest_even"}> : (vector<4xf32>) -> vector<2xf32>

// CHECK: both types have the same shape, got vector<4xf32> to vector<2xf32>

// -----

%v = "test.op"() : () -> index
"pattern.convert"(%v) <{rounding = "nearest_even"}> : (index) -> i8

// CHECK: conversions take f32, f16, bf16, 8-bit floats, i8, i16 and i32, got index

// -----

%v = "test.op"() : () -> f32
"pattern.convert"(%v) <{rounding = "up"}> : (f32) -> i8

// CHECK: rounding is nearest_even or toward_zero, got up

// -----

%v = "test.op"() : () -> f32
"pattern.convert"(%v) <{rounding = "nearest_even", scale = 0.0 : f32}> : (f32) -> i8

// CHECK: scale must be finite and above zero, got 0.0

// -----

%v = "test.op"() : () -> f32
"pattern.convert"(%v) <{rounding = "nearest_even", clamp = array<i64: 0, 1>}> : (f32) -> f16

// CHECK: clamp is for integer results, got f16

// -----

%v = "test.op"() : () -> f32
"pattern.convert"(%v) <{rounding = "nearest_even", clamp = array<i64: 0, 128>}> : (f32) -> i8

// CHECK: clamp takes two ascending limits within i8, got [0, 128]

// -----

%v = "test.op"() : () -> f32
"pattern.activate"(%v) <{function = "gelu", method = "arithmetic"}> : (f32) -> f32

// CHECK: activations are relu, tanh, 

// -----

%v = "test.op"() : () -> f32
"pattern.activate"(%v) <{function = "tanh", method = "arithmetic", alpha = 1.0 : f32}> : (f32) -> f32

// CHECK: tanh takes no alpha

// -----

%v = "test.op"() : () -> f32
"pattern.activate"(%v) <{function = "relu", method = "arithmetic", beta = 1.0 : f32}> : (f32) -> f32

// CHECK: relu takes no beta

// -----

%v = "test.op"() : () -> f32
"pattern.activate"(%v) <{function = "relu", method = "magic"}> : (f32) -> f32

// CHECK: method is arithmetic or table, got magic

// -----

%v = "test.op"() : () -> f32
"pattern.activate"(%v) <{function = "relu", method = "table"}> : (f32) -> f32

// CHECK: only sigmoid, tanh and exp have a table, got relu

// -----

%v = "test.op"() : () -> i32
"pattern.activate"(%v) <{function = "relu", method = "arithmetic"}> : (i32) -> i32

// CHECK: input and result are the same float type, got i32 and i32

// -----

%y = pattern.map (%i in 4 par 5) -> tensor<4xf32> {
  %c = arith.constant 1.0 : f32
  pattern.yield %c : f32
}

// CHECK: par 5 are more copies than a dimension of 4 has elements; lower par to 4

// -----

%y = pattern.map (%i in 4) -> tensor<4xf32> {
  %s = pattern.reduce add (%k in 3 par 4) : f32 {
    %c = arith.constant 1.0 : f32
    pattern.yield %c : f32
  }
  pattern.yield %s : f32
}

// CHECK: par 4 are more copies than a dimension of 3 has elements; lower par to 3

// -----

%y = pattern.map (%i in 4 par 1 x 2, %j in 4) -> tensor<4x4xf32> {
}

// CHECK: lanes stand on the last dimension only

// -----

%y = pattern.scan (%i in 4 par 2) -> tensor<4xf32> {
}

// CHECK: a scan has one dimension, without par

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%i = arith.constant 1 : index
%e = pattern.read %x[%i * %i, 0] : tensor<4x2xf32>

// CHECK: one factor of a product must be a constant

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%i = arith.constant 1 : index
%e = pattern.read %x[%i mod 0, 0] : tensor<4x2xf32>

// CHECK: mod takes a positive constant on its right

// -----

%x = pattern.parameter "x" : tensor<4x2xf32>
%e = pattern.read %x[*, 0] : tensor<4x2xf32>

// CHECK: expected an index, an integer or '(' in an affine expression

// -----

%x = pattern.parameter "x" : tensor<4xf32>
%m = pattern.map (%i in 4 par 2) deal evenly -> tensor<4xf32> {
  %v = pattern.read %x[%i] : tensor<4xf32>
  pattern.yield %v : f32
}

// CHECK: rows are dealt cyclic or blocked, got deal evenly
