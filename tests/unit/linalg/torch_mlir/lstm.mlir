#map = affine_map<(d0, d1, d2) -> (d0, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map3 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<5x2x6xf32>, tensor<1x16x6xf32>, tensor<1x16x4xf32>, tensor<1x32xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>), sym_name = "lstm"}> ({
  ^bb0(%x: tensor<5x2x6xf32>, %W: tensor<1x16x6xf32>, %R: tensor<1x16x4xf32>, %B: tensor<1x32xf32>):
    %0 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<5x2x4xf32>}> : () -> tensor<5x2x4xf32>
    %1 = "arith.constant"() <{value = dense<0.000000e+00> : tensor<2x4xf32>}> : () -> tensor<2x4xf32>
    %2 = "arith.constant"() <{value = 0 : i64}> : () -> i64
    %3 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %4 = "arith.constant"() <{value = 5 : i64}> : () -> i64
    %5 = "arith.constant"() <{value = 1.000000e+00 : f32}> : () -> f32
    %6 = "arith.constant"() <{value = 0 : index}> : () -> index
    %7 = "arith.constant"() <{value = 1 : index}> : () -> index
    %8 = "arith.constant"() <{value = 5 : index}> : () -> index
    %9 = "tensor.collapse_shape"(%W) <{reassociation = [[0, 1], [2]]}> : (tensor<1x16x6xf32>) -> tensor<16x6xf32>
    %10 = "tensor.collapse_shape"(%R) <{reassociation = [[0, 1], [2]]}> : (tensor<1x16x4xf32>) -> tensor<16x4xf32>
    %11 = "tensor.collapse_shape"(%B) <{reassociation = [[0, 1]]}> : (tensor<1x32xf32>) -> tensor<32xf32>
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
    ^bb0(%34: index, %35: tensor<5x2x4xf32>, %36: tensor<2x4xf32>, %37: tensor<2x4xf32>):
      %38 = "arith.index_cast"(%34) : (index) -> i64
      %39 = "arith.cmpi"(%38, %2) <{predicate = 2 : i64}> : (i64, i64) -> i1
      %40 = "arith.extui"(%39) : (i1) -> i64
      %41 = "arith.muli"(%40, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %42 = "arith.addi"(%38, %41) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %43 = "arith.addi"(%42, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %44 = "arith.cmpi"(%42, %2) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %45 = "arith.select"(%44, %42, %43) : (i1, i64, i64) -> i64
      %46 = "arith.maxsi"(%45, %2) : (i64, i64) -> i64
      %47 = "arith.minsi"(%46, %4) : (i64, i64) -> i64
      %48 = "arith.index_cast"(%47) : (i64) -> index
      %49 = "tensor.extract_slice"(%x, %48) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 6>, static_strides = array<i64: 1, 1, 1>}> : (tensor<5x2x6xf32>, index) -> tensor<1x2x6xf32>
      %50 = "tensor.collapse_shape"(%49) <{reassociation = [[0, 1], [2]]}> : (tensor<1x2x6xf32>) -> tensor<2x6xf32>
      %51 = "tensor.empty"() : () -> tensor<6x4xf32>
      %52 = "linalg.transpose"(%25, %51) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%218: f32, %219: f32):
        "linalg.yield"(%218) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %53 = "tensor.empty"() : () -> tensor<2x4xf32>
      %54 = "linalg.fill"(%3, %53) <{operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%arg104: f32, %arg105: f32):
        "linalg.yield"(%arg104) : (f32) -> ()
      }) : (f32, tensor<2x4xf32>) -> tensor<2x4xf32>
      %55 = "linalg.matmul"(%50, %52, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg101: f32, %arg102: f32, %arg103: f32):
        %216 = "arith.mulf"(%arg101, %arg102) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %217 = "arith.addf"(%arg103, %216) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%217) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %56 = "linalg.generic"(%55, %17, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%212: f32, %213: f32, %214: f32):
        %215 = "arith.addf"(%212, %213) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%215) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %57 = "tensor.empty"() : () -> tensor<4x4xf32>
      %58 = "linalg.transpose"(%29, %57) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%210: f32, %211: f32):
        "linalg.yield"(%210) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %59 = "linalg.matmul"(%36, %58, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg93: f32, %arg94: f32, %arg95: f32):
        %208 = "arith.mulf"(%arg93, %arg94) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %209 = "arith.addf"(%arg95, %208) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%209) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %60 = "linalg.generic"(%59, %21, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%204: f32, %205: f32, %206: f32):
        %207 = "arith.addf"(%204, %205) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%207) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %61 = "linalg.generic"(%56, %60, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%200: f32, %201: f32, %202: f32):
        %203 = "arith.addf"(%200, %201) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%203) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %62 = "linalg.generic"(%61, %53) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%194: f32, %195: f32):
        %196 = "arith.negf"(%194) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %197 = "math.exp"(%196) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %198 = "arith.addf"(%197, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %199 = "arith.divf"(%5, %198) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%199) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %63 = "linalg.transpose"(%24, %51) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%192: f32, %193: f32):
        "linalg.yield"(%192) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %64 = "linalg.matmul"(%50, %63, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg80: f32, %arg81: f32, %arg82: f32):
        %190 = "arith.mulf"(%arg80, %arg81) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %191 = "arith.addf"(%arg82, %190) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%191) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %65 = "linalg.generic"(%64, %16, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%186: f32, %187: f32, %188: f32):
        %189 = "arith.addf"(%186, %187) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%189) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %66 = "linalg.transpose"(%28, %57) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%184: f32, %185: f32):
        "linalg.yield"(%184) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %67 = "linalg.matmul"(%36, %66, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg72: f32, %arg73: f32, %arg74: f32):
        %182 = "arith.mulf"(%arg72, %arg73) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %183 = "arith.addf"(%arg74, %182) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%183) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %68 = "linalg.generic"(%67, %20, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%178: f32, %179: f32, %180: f32):
        %181 = "arith.addf"(%178, %179) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%181) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %69 = "linalg.generic"(%65, %68, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%174: f32, %175: f32, %176: f32):
        %177 = "arith.addf"(%174, %175) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%177) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %70 = "linalg.generic"(%69, %53) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%168: f32, %169: f32):
        %170 = "arith.negf"(%168) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %171 = "math.exp"(%170) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %172 = "arith.addf"(%171, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %173 = "arith.divf"(%5, %172) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%173) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %71 = "linalg.transpose"(%23, %51) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%166: f32, %167: f32):
        "linalg.yield"(%166) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %72 = "linalg.matmul"(%50, %71, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg59: f32, %arg60: f32, %arg61: f32):
        %164 = "arith.mulf"(%arg59, %arg60) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %165 = "arith.addf"(%arg61, %164) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%165) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %73 = "linalg.generic"(%72, %15, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%160: f32, %161: f32, %162: f32):
        %163 = "arith.addf"(%160, %161) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%163) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %74 = "linalg.transpose"(%27, %57) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%158: f32, %159: f32):
        "linalg.yield"(%158) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %75 = "linalg.matmul"(%36, %74, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg51: f32, %arg52: f32, %arg53: f32):
        %156 = "arith.mulf"(%arg51, %arg52) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %157 = "arith.addf"(%arg53, %156) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%157) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %76 = "linalg.generic"(%75, %19, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%152: f32, %153: f32, %154: f32):
        %155 = "arith.addf"(%152, %153) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%155) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %77 = "linalg.generic"(%73, %76, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%148: f32, %149: f32, %150: f32):
        %151 = "arith.addf"(%148, %149) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%151) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %78 = "linalg.generic"(%77, %53) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%142: f32, %143: f32):
        %144 = "arith.negf"(%142) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %145 = "math.exp"(%144) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        %146 = "arith.addf"(%145, %5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %147 = "arith.divf"(%5, %146) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%147) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %79 = "linalg.transpose"(%22, %51) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%140: f32, %141: f32):
        "linalg.yield"(%140) : (f32) -> ()
      }) : (tensor<4x6xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
      %80 = "linalg.matmul"(%50, %79, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg38: f32, %arg39: f32, %arg40: f32):
        %138 = "arith.mulf"(%arg38, %arg39) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %139 = "arith.addf"(%arg40, %138) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%139) : (f32) -> ()
      }) : (tensor<2x6xf32>, tensor<6x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %81 = "linalg.generic"(%80, %14, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%134: f32, %135: f32, %136: f32):
        %137 = "arith.addf"(%134, %135) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%137) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %82 = "linalg.transpose"(%26, %57) <{permutation = array<i64: 1, 0>}> ({
      ^bb0(%132: f32, %133: f32):
        "linalg.yield"(%132) : (f32) -> ()
      }) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
      %83 = "linalg.matmul"(%36, %82, %54) <{indexing_maps = [#map, #map1, #map2], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%arg30: f32, %arg31: f32, %arg32: f32):
        %130 = "arith.mulf"(%arg30, %arg31) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        %131 = "arith.addf"(%arg32, %130) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%131) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %84 = "linalg.generic"(%83, %18, %53) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%126: f32, %127: f32, %128: f32):
        %129 = "arith.addf"(%126, %127) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%129) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %85 = "linalg.generic"(%81, %84, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%122: f32, %123: f32, %124: f32):
        %125 = "arith.addf"(%122, %123) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%125) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %86 = "linalg.generic"(%85, %53) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%119: f32, %120: f32):
        %121 = "math.tanh"(%119) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        "linalg.yield"(%121) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %87 = "linalg.generic"(%78, %37, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%115: f32, %116: f32, %117: f32):
        %118 = "arith.mulf"(%115, %116) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%118) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %88 = "linalg.generic"(%62, %86, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%111: f32, %112: f32, %113: f32):
        %114 = "arith.mulf"(%111, %112) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%114) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %89 = "linalg.generic"(%87, %88, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = "arith.addf"(%107, %108) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%110) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %90 = "linalg.generic"(%89, %53) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
      ^bb0(%104: f32, %105: f32):
        %106 = "math.tanh"(%104) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
        "linalg.yield"(%106) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %91 = "linalg.generic"(%70, %90, %53) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
      ^bb0(%100: f32, %101: f32, %102: f32):
        %103 = "arith.mulf"(%100, %101) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
        "linalg.yield"(%103) : (f32) -> ()
      }) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
      %92 = "tensor.expand_shape"(%91) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
      %93 = "arith.addi"(%38, %4) <{overflowFlags = #arith.overflow<none>}> : (i64, i64) -> i64
      %94 = "arith.cmpi"(%38, %2) <{predicate = 5 : i64}> : (i64, i64) -> i1
      %95 = "arith.select"(%94, %38, %93) : (i1, i64, i64) -> i64
      %96 = "arith.maxsi"(%95, %2) : (i64, i64) -> i64
      %97 = "arith.minsi"(%96, %4) : (i64, i64) -> i64
      %98 = "arith.index_cast"(%97) : (i64) -> index
      %99 = "tensor.insert_slice"(%92, %35, %98) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>, static_offsets = array<i64: -9223372036854775808, 0, 0>, static_sizes = array<i64: 1, 2, 4>, static_strides = array<i64: 1, 1, 1>}> : (tensor<1x2x4xf32>, tensor<5x2x4xf32>, index) -> tensor<5x2x4xf32>
      "scf.yield"(%99, %91, %89) : (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> ()
    }) : (index, index, index, tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
    %31 = "tensor.expand_shape"(%30#1) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
    %32 = "tensor.expand_shape"(%30#2) <{reassociation = [[0, 1], [2]], static_output_shape = array<i64: 1, 2, 4>}> : (tensor<2x4xf32>) -> tensor<1x2x4xf32>
    %33 = "tensor.expand_shape"(%30#0) <{reassociation = [[0], [1, 2], [3]], static_output_shape = array<i64: 5, 1, 2, 4>}> : (tensor<5x2x4xf32>) -> tensor<5x1x2x4xf32>
    "func.return"(%33, %31, %32) : (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> ()
  }) : () -> ()
}) : () -> ()
