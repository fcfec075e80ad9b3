#map = affine_map<(d0, d1, d2) -> (d0, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<5x2x6xf32>, tensor<1x4x6xf32>, tensor<1x4x4xf32>, tensor<1x8xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>), sym_name = "rnn_relu"}> ({
  ^bb0(%arg0: tensor<5x2x6xf32>, %arg1: tensor<1x4x6xf32>, %arg2: tensor<1x4x4xf32>, %arg3: tensor<1x8xf32>):
    %0 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<5x2x4xf32>}> : () -> tensor<5x2x4xf32>
    %1 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<2x4xf32>}> : () -> tensor<2x4xf32>
    %2 = "arith.constant"() <{value = 0 : i64}> : () -> i64
    %3 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %4 = "arith.constant"() <{value = 5 : i64}> : () -> i64
    %5 = "arith.constant"() <{value = 0 : index}> : () -> index
    %6 = "arith.constant"() <{value = 1 : index}> : () -> index
    %7 = "arith.constant"() <{value = 5 : index}> : () -> index
    %8 = "tensor.collapse_shape"(%arg1) <{reassociation = [[0, 1], [2]]}> : (tensor<1x4x6xf32>) -> tensor<4x6xf32>
    %9 = "tensor.collapse_shape"(%arg2) <{reassociation = [[0, 1], [2]]}> : (tensor<1x4x4xf32>) -> tensor<4x4xf32>
    %10 = "tensor.collapse_shape"(%arg3) <{reassociation = [[0, 1]]}> : (tensor<1x8xf32>) -> tensor<8xf32>
    %11 = "tensor.extract_slice"(%10) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<4xf32>
    %12 = "tensor.extract_slice"(%10) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 4>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<8xf32>) -> tensor<4xf32>
    %13:2 = "scf.for"(%5, %7, %6, %0, %1) ({
    ^bb0(%arg4: index, %arg5: tensor<5x2x4xf32>, %arg6: tensor<2x4xf32>):
      %16 = "arith.index_cast"(%arg4) : (index) -> i64
      %17 = "arith.cmpi"(%16, %2) <{predicate = 2 : i64}> : (i64, i64) -> i1
      %18 = "arith.extui"(%17) : (i1) -> i64
      %19 = "arith.muli"(%18, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %20 = "arith.addi"(%16, %19) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %21 = "arith.addi"(%20, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %22 = "arith.cmpi"(%20, %2) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %23 = "arith.select"(%22, %20, %21) : (i1, i64, i64) -> i64
      %24 = "arith.maxsi"(%23, %2) : (i64, i64) -> i64
      %25 = "arith.minsi"(%24, %4) : (i64, i64) -> i64
      %26 = "arith.index_cast"(%25) : (i64) -> index
      %27 = "tensor.extract_slice"(%arg0, %26) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 6>, static_strides = array<i64: 1, 1, 1>}> : (tensor<5x2x6xf32>, index) -> tensor<1x2x6xf32>
      %28 = "tensor.collapse_shape"(%27) <{reassociation = [[0, 1], [2]]}> : (tensor<1x2x6xf32>) -> tensor<2x6xf32>
      %29 = "tensor.empty"() : () -> tensor<6x4xf32>
      %30 = "linalg.transpose"(%8, %29) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg28: f32, %arg29: f32):
        "linalg.yield"(%arg28) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %31 = "tensor.empty"() : () -> tensor<2x4xf32>
      %32 = "linalg.fill"(%3, %31) <{operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg26: f32, %arg27: f32):
        "linalg.yield"(%arg26) : (f32) -> ()
      }) : (f32, tensor<2x4xf32>) -> tensor<2x4xf32>
      %33 = "linalg.matmul"(%28, %30, %32) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg23: f32, %arg24: f32, %arg25: f32):
        %56 = "arith.mulf"(%arg23, %arg24) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %57 = "arith.addf"(%arg25, %56) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%57) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %34 = "linalg.generic"(%33, %11, %31) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg20: f32, %arg21: f32, %arg22: f32):
        %55 = "arith.addf"(%arg20, %arg21) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%55) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %35 = "tensor.empty"() : () -> tensor<4x4xf32>
      %36 = "linalg.transpose"(%9, %35) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg18: f32, %arg19: f32):
        "linalg.yield"(%arg18) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %37 = "linalg.matmul"(%arg6, %36, %32) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg15: f32, %arg16: f32, %arg17: f32):
        %53 = "arith.mulf"(%arg15, %arg16) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %54 = "arith.addf"(%arg17, %53) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%54) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %38 = "linalg.generic"(%37, %12, %31) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg12: f32, %arg13: f32, %arg14: f32):
        %52 = "arith.addf"(%arg12, %arg13) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%52) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %39 = "linalg.generic"(%34, %38, %31) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg9: f32, %arg10: f32, %arg11: f32):
        %51 = "arith.addf"(%arg9, %arg10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%51) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %40 = "linalg.generic"(%39, %31) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg7: f32, %arg8: f32):
        %49 = "arith.cmpf"(%arg7, %3) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
        %50 = "arith.select"(%49, %arg7, %3) : (i1, f32, f32) -> f32
        "linalg.yield"(%50) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %41 = "tensor.expand_shape"(%40) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
      %42 = "arith.addi"(%16, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %43 = "arith.cmpi"(%16, %2) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %44 = "arith.select"(%43, %16, %42) : (i1, i64, i64) -> i64
      %45 = "arith.maxsi"(%44, %2) : (i64, i64) -> i64
      %46 = "arith.minsi"(%45, %4) : (i64, i64) -> i64
      %47 = "arith.index_cast"(%46) : (i64) -> index
      %48 = "tensor.insert_slice"(%41, %arg5, %47) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 4>, static_strides = array<i64: 1, 1, 1>}> : (tensor<1x2x4xf32>, tensor<5x2x4xf32>, index) -> tensor<5x2x4xf32>
      "scf.yield"(%48, %40) : (tensor<5x2x4xf32>, tensor<2x4xf32>) -> ()
    }) : (index, index, index, tensor<5x2x4xf32>, tensor<2x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
    %14 = "tensor.expand_shape"(%13#1) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
    %15 = "tensor.expand_shape"(%13#0) <{reassociation = [[0], [1, 2], [3]], static_output_shape = array<i64: 5, 1, 2, 4>}> : (tensor<5x2x4xf32>) -> tensor<5x1x2x4xf32>
    "func.return"(%15, %14) : (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>) -> ()
  }) : () -> ()
}) : () -> ()
