#map = affine_map<(d0, d1, d2) -> (d0, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<5x2x6xf32>, tensor<1x4x6xf32>, tensor<1x4x4xf32>, tensor<1x8xf32>, tensor<1x2x4xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>), sym_name = "rnn_relu"}> ({
  ^bb0(%x: tensor<5x2x6xf32>, %W: tensor<1x4x6xf32>, %R: tensor<1x4x4xf32>, %B: tensor<1x8xf32>, %h0: tensor<1x2x4xf32>):
    %0 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<5x2x4xf32>}> : () -> tensor<5x2x4xf32>
    %1 = "arith.constant"() <{value = 0 : i64}> : () -> i64
    %2 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %3 = "arith.constant"() <{value = 5 : i64}> : () -> i64
    %4 = "arith.constant"() <{value = 0 : index}> : () -> index
    %5 = "arith.constant"() <{value = 1 : index}> : () -> index
    %6 = "arith.constant"() <{value = 5 : index}> : () -> index
    %7 = "tensor.collapse_shape"(%W) <{reassociation = [[0, 1], [2]]}> : (tensor<1x4x6xf32>) -> tensor<4x6xf32>
    %8 = "tensor.collapse_shape"(%R) <{reassociation = [[0, 1], [2]]}> : (tensor<1x4x4xf32>) -> tensor<4x4xf32>
    %9 = "tensor.collapse_shape"(%B) <{reassociation = [[0, 1]]}> : (tensor<1x8xf32>) -> tensor<8xf32>
    %10 = "tensor.collapse_shape"(%h0) <{reassociation = [[0, 1], [2]]}> : (tensor<1x2x4xf32>) -> tensor<2x4xf32>
    %11 = "tensor.extract_slice"(%9) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<4xf32>
    %12 = "tensor.extract_slice"(%9) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 4>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<4xf32>
    %13:2 = "scf.for"(%4, %6, %5, %0, %10) ({
    ^bb0(%16: index, %17: tensor<5x2x4xf32>, %18: tensor<2x4xf32>):
      %19 = "arith.index_cast"(%16) : (index) -> i64
      %20 = "arith.cmpi"(%19, %1) <{predicate = 2 : i64}> : (i64, i64) -> i1
      %21 = "arith.extui"(%20) : (i1) -> i64
      %22 = "arith.muli"(%21, %3) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %23 = "arith.addi"(%19, %22) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %24 = "arith.addi"(%23, %3) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %25 = "arith.cmpi"(%23, %1) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %26 = "arith.select"(%25, %23, %24) : (i1, i64, i64) -> i64
      %27 = "arith.maxsi"(%26, %1) : (i64, i64) -> i64
      %28 = "arith.minsi"(%27, %3) : (i64, i64) -> i64
      %29 = "arith.index_cast"(%28) : (i64) -> index
      %30 = "tensor.extract_slice"(%x, %29) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 6>, static_strides = array<i64: 1, 1, 1>}> : (tensor<5x2x6xf32>, index) -> tensor<1x2x6xf32>
      %31 = "tensor.collapse_shape"(%30) <{reassociation = [[0, 1], [2]]}> : (tensor<1x2x6xf32>) -> tensor<2x6xf32>
      %32 = "tensor.empty"() : () -> tensor<6x4xf32>
      %33 = "linalg.transpose"(%7, %32) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%74: f32, %75: f32):
        "linalg.yield"(%74) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %34 = "tensor.empty"() : () -> tensor<2x4xf32>
      %35 = "linalg.fill"(%2, %34) <{operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg27: f32, %arg28: f32):
        "linalg.yield"(%arg27) : (f32) -> ()
      }) : (f32, tensor<2x4xf32>) -> tensor<2x4xf32>
      %36 = "linalg.matmul"(%31, %33, %35) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg24: f32, %arg25: f32, %arg26: f32):
        %72 = "arith.mulf"(%arg24, %arg25) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %73 = "arith.addf"(%arg26, %72) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%73) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %37 = "linalg.generic"(%36, %11, %34) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%68: f32, %69: f32, %70: f32):
        %71 = "arith.addf"(%68, %69) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%71) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %38 = "tensor.empty"() : () -> tensor<4x4xf32>
      %39 = "linalg.transpose"(%8, %38) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%66: f32, %67: f32):
        "linalg.yield"(%66) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %40 = "linalg.matmul"(%18, %39, %35) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg16: f32, %arg17: f32, %arg18: f32):
        %64 = "arith.mulf"(%arg16, %arg17) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %65 = "arith.addf"(%arg18, %64) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%65) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %41 = "linalg.generic"(%40, %12, %34) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%60: f32, %61: f32, %62: f32):
        %63 = "arith.addf"(%60, %61) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%63) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %42 = "linalg.generic"(%37, %41, %34) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%56: f32, %57: f32, %58: f32):
        %59 = "arith.addf"(%56, %57) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%59) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %43 = "linalg.generic"(%42, %34) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%52: f32, %53: f32):
        %54 = "arith.cmpf"(%52, %2) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
        %55 = "arith.select"(%54, %52, %2) : (i1, f32, f32) -> f32
        "linalg.yield"(%55) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %44 = "tensor.expand_shape"(%43) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
      %45 = "arith.addi"(%19, %3) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %46 = "arith.cmpi"(%19, %1) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %47 = "arith.select"(%46, %19, %45) : (i1, i64, i64) -> i64
      %48 = "arith.maxsi"(%47, %1) : (i64, i64) -> i64
      %49 = "arith.minsi"(%48, %3) : (i64, i64) -> i64
      %50 = "arith.index_cast"(%49) : (i64) -> index
      %51 = "tensor.insert_slice"(%44, %17, %50) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 4>, static_strides = array<i64: 1, 1, 1>}> : (tensor<1x2x4xf32>, tensor<5x2x4xf32>, index) -> tensor<5x2x4xf32>
      "scf.yield"(%51, %43) : (tensor<5x2x4xf32>, tensor<2x4xf32>) -> ()
    }) : (index, index, index, tensor<5x2x4xf32>, tensor<2x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
    %14 = "tensor.expand_shape"(%13#1) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
    %15 = "tensor.expand_shape"(%13#0) <{reassociation = [[0], [1, 2], [3]], static_output_shape = array<i64: 5, 1, 2, 4>}> : (tensor<5x2x4xf32>) -> tensor<5x1x2x4xf32>
    "func.return"(%15, %14) : (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>) -> ()
  }) : () -> ()
}) : () -> ()
