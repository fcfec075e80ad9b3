#map = affine_map<(d0, d1, d2) -> (d0, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<5x2x6xf32>, tensor<1x16x6xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>), sym_name = "lstm"}> ({
  ^bb0(%arg0: tensor<5x2x6xf32>, %arg1: tensor<1x16x6xf32>, %arg2: tensor<1x16x4xf32>, %arg3: tensor<1x32xf32>):
    %0 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<5x2x4xf32>}> : () -> tensor<5x2x4xf32>
    %1 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<2x4xf32>}> : () -> tensor<2x4xf32>
    %2 = "arith.constant"() <{value = 0 : i64}> : () -> i64
    %3 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %4 = "arith.constant"() <{value = 5 : i64}> : () -> i64
    %5 = "arith.constant"() <{value = 1.000000e+00 : f32}> : () -> f32
    %6 = "arith.constant"() <{value = 0 : index}> : () -> index
    %7 = "arith.constant"() <{value = 1 : index}> : () -> index
    %8 = "arith.constant"() <{value = 5 : index}> : () -> index
    %9 = "tensor.collapse_shape"(%arg1) <{reassociation = [[0, 1], [2]]}> : (tensor<1x16x6xf32>) -> tensor<16x6xf32>
    %10 = "tensor.collapse_shape"(%arg2) <{reassociation = [[0, 1], [2]]}> : (tensor<1x16x4xf32>) -> tensor<16x4xf32>
    %11 = "tensor.collapse_shape"(%arg3) <{reassociation = [[0, 1]]}> : (tensor<1x32xf32>) -> tensor<32xf32>
    %12 = "tensor.extract_slice"(%11) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: 16>, static_strides = array<i64: 1>}> : (tensor<32xf32>) -> tensor<16xf32>
    %13 = "tensor.extract_slice"(%11) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 16>, static_sizes = array<i64: 16>, static_strides = array<i64: 1>}> : (tensor<32xf32>) -> tensor<16xf32>
    %14 = "tensor.extract_slice"(%12) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 12>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %15 = "tensor.extract_slice"(%12) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 8>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %16 = "tensor.extract_slice"(%12) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 4>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %17 = "tensor.extract_slice"(%12) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %18 = "tensor.extract_slice"(%13) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 12>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %19 = "tensor.extract_slice"(%13) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 8>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %20 = "tensor.extract_slice"(%13) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 4>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %21 = "tensor.extract_slice"(%13) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0>, static_sizes = array<i64: 4>, static_strides = array<i64: 1>}> : (tensor<16xf32>) -> tensor<4xf32>
    %22 = "tensor.extract_slice"(%9) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 12, 0>, static_sizes = array<i64: 4, 6>, static_strides = array<i64: 1, 1>}> : (tensor<16x6xf32>) -> tensor<4x6xf32>
    %23 = "tensor.extract_slice"(%9) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 8, 0>, static_sizes = array<i64: 4, 6>, static_strides = array<i64: 1, 1>}> : (tensor<16x6xf32>) -> tensor<4x6xf32>
    %24 = "tensor.extract_slice"(%9) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 4, 0>, static_sizes = array<i64: 4, 6>, static_strides = array<i64: 1, 1>}> : (tensor<16x6xf32>) -> tensor<4x6xf32>
    %25 = "tensor.extract_slice"(%9) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0, 0>, static_sizes = array<i64: 4, 6>, static_strides = array<i64: 1, 1>}> : (tensor<16x6xf32>) -> tensor<4x6xf32>
    %26 = "tensor.extract_slice"(%10) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 12, 0>, static_sizes = array<i64: 4, 4>, static_strides = array<i64: 1, 1>}> : (tensor<16x4xf32>) -> tensor<4x4xf32>
    %27 = "tensor.extract_slice"(%10) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 8, 0>, static_sizes = array<i64: 4, 4>, static_strides = array<i64: 1, 1>}> : (tensor<16x4xf32>) -> tensor<4x4xf32>
    %28 = "tensor.extract_slice"(%10) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 4, 0>, static_sizes = array<i64: 4, 4>, static_strides = array<i64: 1, 1>}> : (tensor<16x4xf32>) -> tensor<4x4xf32>
    %29 = "tensor.extract_slice"(%10) <{operandSegmentSizes = array<i32: 1, 0, 0, 0>, static_offsets = array<i64: 0, 0>, static_sizes = array<i64: 4, 4>, static_strides = array<i64: 1, 1>}> : (tensor<16x4xf32>) -> tensor<4x4xf32>
    %30:3 = "scf.for"(%6, %8, %7, %0, %1, %1) ({
    ^bb0(%arg4: index, %arg5: tensor<5x2x4xf32>, %arg6: tensor<2x4xf32>, %arg7: tensor<2x4xf32>):
      %34 = "arith.index_cast"(%arg4) : (index) -> i64
      %35 = "arith.cmpi"(%34, %2) <{predicate = 2 : i64}> : (i64, i64) -> i1
      %36 = "arith.extui"(%35) : (i1) -> i64
      %37 = "arith.muli"(%36, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %38 = "arith.addi"(%34, %37) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %39 = "arith.addi"(%38, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %40 = "arith.cmpi"(%38, %2) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %41 = "arith.select"(%40, %38, %39) : (i1, i64, i64) -> i64
      %42 = "arith.maxsi"(%41, %2) : (i64, i64) -> i64
      %43 = "arith.minsi"(%42, %4) : (i64, i64) -> i64
      %44 = "arith.index_cast"(%43) : (i64) -> index
      %45 = "tensor.extract_slice"(%arg0, %44) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 6>, static_strides = array<i64: 1, 1, 1>}> : (tensor<5x2x6xf32>, index) -> tensor<1x2x6xf32>
      %46 = "tensor.collapse_shape"(%45) <{reassociation = [[0, 1], [2]]}> : (tensor<1x2x6xf32>) -> tensor<2x6xf32>
      %47 = "tensor.empty"() : () -> tensor<6x4xf32>
      %48 = "linalg.transpose"(%25, %47) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg106: f32, %arg107: f32):
        "linalg.yield"(%arg106) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %49 = "tensor.empty"() : () -> tensor<2x4xf32>
      %50 = "linalg.fill"(%3, %49) <{operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg104: f32, %arg105: f32):
        "linalg.yield"(%arg104) : (f32) -> ()
      }) : (f32, tensor<2x4xf32>) -> tensor<2x4xf32>
      %51 = "linalg.matmul"(%46, %48, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg101: f32, %arg102: f32, %arg103: f32):
        %140 = "arith.mulf"(%arg101, %arg102) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %141 = "arith.addf"(%arg103, %140) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%141) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %52 = "linalg.generic"(%51, %17, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg98: f32, %arg99: f32, %arg100: f32):
        %139 = "arith.addf"(%arg98, %arg99) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%139) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %53 = "tensor.empty"() : () -> tensor<4x4xf32>
      %54 = "linalg.transpose"(%29, %53) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg96: f32, %arg97: f32):
        "linalg.yield"(%arg96) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %55 = "linalg.matmul"(%arg6, %54, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg93: f32, %arg94: f32, %arg95: f32):
        %137 = "arith.mulf"(%arg93, %arg94) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %138 = "arith.addf"(%arg95, %137) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%138) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %56 = "linalg.generic"(%55, %21, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg90: f32, %arg91: f32, %arg92: f32):
        %136 = "arith.addf"(%arg90, %arg91) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%136) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %57 = "linalg.generic"(%52, %56, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg87: f32, %arg88: f32, %arg89: f32):
        %135 = "arith.addf"(%arg87, %arg88) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%135) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %58 = "linalg.generic"(%57, %49) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg85: f32, %arg86: f32):
        %131 = "arith.negf"(%arg85) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %132 = "math.exp"(%131) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %133 = "arith.addf"(%132, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %134 = "arith.divf"(%5, %133) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%134) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %59 = "linalg.transpose"(%24, %47) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg83: f32, %arg84: f32):
        "linalg.yield"(%arg83) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %60 = "linalg.matmul"(%46, %59, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg80: f32, %arg81: f32, %arg82: f32):
        %129 = "arith.mulf"(%arg80, %arg81) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %130 = "arith.addf"(%arg82, %129) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%130) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %61 = "linalg.generic"(%60, %16, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg77: f32, %arg78: f32, %arg79: f32):
        %128 = "arith.addf"(%arg77, %arg78) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%128) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %62 = "linalg.transpose"(%28, %53) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg75: f32, %arg76: f32):
        "linalg.yield"(%arg75) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %63 = "linalg.matmul"(%arg6, %62, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg72: f32, %arg73: f32, %arg74: f32):
        %126 = "arith.mulf"(%arg72, %arg73) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %127 = "arith.addf"(%arg74, %126) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%127) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %64 = "linalg.generic"(%63, %20, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg69: f32, %arg70: f32, %arg71: f32):
        %125 = "arith.addf"(%arg69, %arg70) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%125) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %65 = "linalg.generic"(%61, %64, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg66: f32, %arg67: f32, %arg68: f32):
        %124 = "arith.addf"(%arg66, %arg67) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%124) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %66 = "linalg.generic"(%65, %49) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg64: f32, %arg65: f32):
        %120 = "arith.negf"(%arg64) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %121 = "math.exp"(%120) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %122 = "arith.addf"(%121, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %123 = "arith.divf"(%5, %122) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%123) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %67 = "linalg.transpose"(%23, %47) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg62: f32, %arg63: f32):
        "linalg.yield"(%arg62) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %68 = "linalg.matmul"(%46, %67, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg59: f32, %arg60: f32, %arg61: f32):
        %118 = "arith.mulf"(%arg59, %arg60) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %119 = "arith.addf"(%arg61, %118) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%119) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %69 = "linalg.generic"(%68, %15, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg56: f32, %arg57: f32, %arg58: f32):
        %117 = "arith.addf"(%arg56, %arg57) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%117) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %70 = "linalg.transpose"(%27, %53) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg54: f32, %arg55: f32):
        "linalg.yield"(%arg54) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %71 = "linalg.matmul"(%arg6, %70, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg51: f32, %arg52: f32, %arg53: f32):
        %115 = "arith.mulf"(%arg51, %arg52) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %116 = "arith.addf"(%arg53, %115) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%116) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %72 = "linalg.generic"(%71, %19, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg48: f32, %arg49: f32, %arg50: f32):
        %114 = "arith.addf"(%arg48, %arg49) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%114) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %73 = "linalg.generic"(%69, %72, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg45: f32, %arg46: f32, %arg47: f32):
        %113 = "arith.addf"(%arg45, %arg46) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%113) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %74 = "linalg.generic"(%73, %49) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg43: f32, %arg44: f32):
        %109 = "arith.negf"(%arg43) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %110 = "math.exp"(%109) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %111 = "arith.addf"(%110, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %112 = "arith.divf"(%5, %111) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%112) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %75 = "linalg.transpose"(%22, %47) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg41: f32, %arg42: f32):
        "linalg.yield"(%arg41) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %76 = "linalg.matmul"(%46, %75, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg38: f32, %arg39: f32, %arg40: f32):
        %107 = "arith.mulf"(%arg38, %arg39) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %108 = "arith.addf"(%arg40, %107) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%108) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %77 = "linalg.generic"(%76, %14, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg35: f32, %arg36: f32, %arg37: f32):
        %106 = "arith.addf"(%arg35, %arg36) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%106) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %78 = "linalg.transpose"(%26, %53) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%arg33: f32, %arg34: f32):
        "linalg.yield"(%arg33) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %79 = "linalg.matmul"(%arg6, %78, %50) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg30: f32, %arg31: f32, %arg32: f32):
        %104 = "arith.mulf"(%arg30, %arg31) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %105 = "arith.addf"(%arg32, %104) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%105) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %80 = "linalg.generic"(%79, %18, %49) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg27: f32, %arg28: f32, %arg29: f32):
        %103 = "arith.addf"(%arg27, %arg28) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%103) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %81 = "linalg.generic"(%77, %80, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg24: f32, %arg25: f32, %arg26: f32):
        %102 = "arith.addf"(%arg24, %arg25) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%102) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %82 = "linalg.generic"(%81, %49) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg22: f32, %arg23: f32):
        %101 = "math.tanh"(%arg22) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        "linalg.yield"(%101) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %83 = "linalg.generic"(%74, %arg7, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg19: f32, %arg20: f32, %arg21: f32):
        %100 = "arith.mulf"(%arg19, %arg20) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%100) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %84 = "linalg.generic"(%58, %82, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg16: f32, %arg17: f32, %arg18: f32):
        %99 = "arith.mulf"(%arg16, %arg17) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%99) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %85 = "linalg.generic"(%83, %84, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg13: f32, %arg14: f32, %arg15: f32):
        %98 = "arith.addf"(%arg13, %arg14) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%98) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %86 = "linalg.generic"(%85, %49) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg11: f32, %arg12: f32):
        %97 = "math.tanh"(%arg11) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        "linalg.yield"(%97) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %87 = "linalg.generic"(%66, %86, %49) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg8: f32, %arg9: f32, %arg10: f32):
        %96 = "arith.mulf"(%arg8, %arg9) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%96) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %88 = "tensor.expand_shape"(%87) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
      %89 = "arith.addi"(%34, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %90 = "arith.cmpi"(%34, %2) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %91 = "arith.select"(%90, %34, %89) : (i1, i64, i64) -> i64
      %92 = "arith.maxsi"(%91, %2) : (i64, i64) -> i64
      %93 = "arith.minsi"(%92, %4) : (i64, i64) -> i64
      %94 = "arith.index_cast"(%93) : (i64) -> index
      %95 = "tensor.insert_slice"(%88, %arg5, %94) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 4>, static_strides = array<i64: 1, 1, 1>}> : (tensor<1x2x4xf32>, tensor<5x2x4xf32>, index) -> tensor<5x2x4xf32>
      "scf.yield"(%95, %87, %85) : (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> ()
    }) : (index, index, index, tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
    %31 = "tensor.expand_shape"(%30#1) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
    %32 = "tensor.expand_shape"(%30#2) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
    %33 = "tensor.expand_shape"(%30#0) <{reassociation = [[0], [1, 2], [3]], static_output_shape = array<i64: 5, 1, 2, 4>}> : (tensor<5x2x4xf32>) -> tensor<5x1x2x4xf32>
    "func.return"(%33, %31, %32) : (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> ()
  }) : () -> ()
}) : () -> ()
