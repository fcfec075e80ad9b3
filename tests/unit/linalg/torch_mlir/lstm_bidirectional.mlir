#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
module {
  func.func @lstm_bidirectional(%arg0: tensor<5x2x6xf32>, %arg1: tensor<2x16x6xf32>, %arg2: tensor<2x16x4xf32>, %arg3: tensor<2x32xf32>) -> (tensor<5x2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>) {
    %cst = arith.constant dense<0.000000e+00> : tensor<5x2x4xf32>
    %cst_0 = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
    %c0_i64 = arith.constant 0 : i64
    %cst_1 = arith.constant 0.000000e+00 : f32
    %c5_i64 = arith.constant 5 : i64
    %cst_2 = arith.constant 1.000000e+00 : f32
    %c4 = arith.constant 4 : index
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    %extracted_slice = tensor.extract_slice %arg1[0, 0, 0] [1, 16, 6] [1, 1, 1] : tensor<2x16x6xf32> to tensor<1x16x6xf32>
    %collapsed = tensor.collapse_shape %extracted_slice [[0, 1], [2]] : tensor<1x16x6xf32> into tensor<16x6xf32>
    %extracted_slice_3 = tensor.extract_slice %arg2[0, 0, 0] [1, 16, 4] [1, 1, 1] : tensor<2x16x4xf32> to tensor<1x16x4xf32>
    %collapsed_4 = tensor.collapse_shape %extracted_slice_3 [[0, 1], [2]] : tensor<1x16x4xf32> into tensor<16x4xf32>
    %extracted_slice_5 = tensor.extract_slice %arg3[0, 0] [1, 32] [1, 1] : tensor<2x32xf32> to tensor<1x32xf32>
    %collapsed_6 = tensor.collapse_shape %extracted_slice_5 [[0, 1]] : tensor<1x32xf32> into tensor<32xf32>
    %extracted_slice_7 = tensor.extract_slice %arg1[1, 0, 0] [1, 16, 6] [1, 1, 1] : tensor<2x16x6xf32> to tensor<1x16x6xf32>
    %collapsed_8 = tensor.collapse_shape %extracted_slice_7 [[0, 1], [2]] : tensor<1x16x6xf32> into tensor<16x6xf32>
    %extracted_slice_9 = tensor.extract_slice %arg2[1, 0, 0] [1, 16, 4] [1, 1, 1] : tensor<2x16x4xf32> to tensor<1x16x4xf32>
    %collapsed_10 = tensor.collapse_shape %extracted_slice_9 [[0, 1], [2]] : tensor<1x16x4xf32> into tensor<16x4xf32>
    %extracted_slice_11 = tensor.extract_slice %arg3[1, 0] [1, 32] [1, 1] : tensor<2x32xf32> to tensor<1x32xf32>
    %collapsed_12 = tensor.collapse_shape %extracted_slice_11 [[0, 1]] : tensor<1x32xf32> into tensor<32xf32>
    %extracted_slice_13 = tensor.extract_slice %collapsed_6[0] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %extracted_slice_14 = tensor.extract_slice %collapsed_6[16] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %extracted_slice_15 = tensor.extract_slice %collapsed_12[0] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %extracted_slice_16 = tensor.extract_slice %collapsed_12[16] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %extracted_slice_17 = tensor.extract_slice %extracted_slice_13[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_18 = tensor.extract_slice %extracted_slice_13[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_19 = tensor.extract_slice %extracted_slice_13[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_20 = tensor.extract_slice %extracted_slice_13[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_21 = tensor.extract_slice %extracted_slice_15[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_22 = tensor.extract_slice %extracted_slice_15[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_23 = tensor.extract_slice %extracted_slice_15[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_24 = tensor.extract_slice %extracted_slice_15[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_25 = tensor.extract_slice %extracted_slice_14[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_26 = tensor.extract_slice %extracted_slice_14[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_27 = tensor.extract_slice %extracted_slice_14[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_28 = tensor.extract_slice %extracted_slice_14[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_29 = tensor.extract_slice %extracted_slice_16[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_30 = tensor.extract_slice %extracted_slice_16[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_31 = tensor.extract_slice %extracted_slice_16[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_32 = tensor.extract_slice %extracted_slice_16[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %extracted_slice_33 = tensor.extract_slice %collapsed[12, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_34 = tensor.extract_slice %collapsed[8, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_35 = tensor.extract_slice %collapsed[4, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_36 = tensor.extract_slice %collapsed[0, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_37 = tensor.extract_slice %collapsed_8[12, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_38 = tensor.extract_slice %collapsed_8[8, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_39 = tensor.extract_slice %collapsed_8[4, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_40 = tensor.extract_slice %collapsed_8[0, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %extracted_slice_41 = tensor.extract_slice %collapsed_4[12, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_42 = tensor.extract_slice %collapsed_4[8, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_43 = tensor.extract_slice %collapsed_4[4, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_44 = tensor.extract_slice %collapsed_4[0, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_45 = tensor.extract_slice %collapsed_10[12, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_46 = tensor.extract_slice %collapsed_10[8, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_47 = tensor.extract_slice %collapsed_10[4, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %extracted_slice_48 = tensor.extract_slice %collapsed_10[0, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %0:3 = scf.for %arg4 = %c0 to %c5 step %c1 iter_args(%arg5 = %cst, %arg6 = %cst_0, %arg7 = %cst_0) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %8 = arith.index_cast %arg4 : index to i64
      %9 = arith.cmpi slt, %8, %c0_i64 : i64
      %10 = arith.extui %9 : i1 to i64
      %11 = arith.muli %10, %c5_i64 : i64
      %12 = arith.addi %8, %11 : i64
      %13 = arith.addi %12, %c5_i64 : i64
      %14 = arith.cmpi sge, %12, %c0_i64 : i64
      %15 = arith.select %14, %12, %13 : i64
      %16 = arith.maxsi %15, %c0_i64 : i64
      %17 = arith.minsi %16, %c5_i64 : i64
      %18 = arith.index_cast %17 : i64 to index
      %extracted_slice_56 = tensor.extract_slice %arg0[%18, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %collapsed_57 = tensor.collapse_shape %extracted_slice_56 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %19 = tensor.empty() : tensor<6x4xf32>
      %transposed = linalg.transpose ins(%extracted_slice_36 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %20 = tensor.empty() : tensor<2x4xf32>
      %21 = linalg.fill ins(%cst_1 : f32) outs(%20 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %22 = linalg.matmul ins(%collapsed_57, %transposed : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %23 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%22, %extracted_slice_20 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %24 = tensor.empty() : tensor<4x4xf32>
      %transposed_58 = linalg.transpose ins(%extracted_slice_44 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %25 = linalg.matmul ins(%arg6, %transposed_58 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %26 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%25, %extracted_slice_28 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %27 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%23, %26 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %28 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%27 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = arith.negf %in : f32
        %59 = math.exp %58 : f32
        %60 = arith.addf %59, %cst_2 : f32
        %61 = arith.divf %cst_2, %60 : f32
        linalg.yield %61 : f32
      } -> tensor<2x4xf32>
      %transposed_59 = linalg.transpose ins(%extracted_slice_35 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %29 = linalg.matmul ins(%collapsed_57, %transposed_59 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %30 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%29, %extracted_slice_19 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %transposed_60 = linalg.transpose ins(%extracted_slice_43 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %31 = linalg.matmul ins(%arg6, %transposed_60 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %32 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%31, %extracted_slice_27 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %33 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%30, %32 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %34 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%33 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = arith.negf %in : f32
        %59 = math.exp %58 : f32
        %60 = arith.addf %59, %cst_2 : f32
        %61 = arith.divf %cst_2, %60 : f32
        linalg.yield %61 : f32
      } -> tensor<2x4xf32>
      %transposed_61 = linalg.transpose ins(%extracted_slice_34 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %35 = linalg.matmul ins(%collapsed_57, %transposed_61 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %36 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%35, %extracted_slice_18 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %transposed_62 = linalg.transpose ins(%extracted_slice_42 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %37 = linalg.matmul ins(%arg6, %transposed_62 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %38 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%37, %extracted_slice_26 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %39 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%36, %38 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %40 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%39 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = arith.negf %in : f32
        %59 = math.exp %58 : f32
        %60 = arith.addf %59, %cst_2 : f32
        %61 = arith.divf %cst_2, %60 : f32
        linalg.yield %61 : f32
      } -> tensor<2x4xf32>
      %transposed_63 = linalg.transpose ins(%extracted_slice_33 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %41 = linalg.matmul ins(%collapsed_57, %transposed_63 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %42 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%41, %extracted_slice_17 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %transposed_64 = linalg.transpose ins(%extracted_slice_41 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %43 = linalg.matmul ins(%arg6, %transposed_64 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %44 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%43, %extracted_slice_25 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %45 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%42, %44 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %46 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%45 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = math.tanh %in : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %47 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%40, %arg7 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.mulf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %48 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%28, %46 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.mulf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %49 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%47, %48 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %50 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%49 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = math.tanh %in : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %51 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%34, %50 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.mulf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %expanded_65 = tensor.expand_shape %51 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %52 = arith.addi %8, %c5_i64 : i64
      %53 = arith.cmpi sge, %8, %c0_i64 : i64
      %54 = arith.select %53, %8, %52 : i64
      %55 = arith.maxsi %54, %c0_i64 : i64
      %56 = arith.minsi %55, %c5_i64 : i64
      %57 = arith.index_cast %56 : i64 to index
      %inserted_slice = tensor.insert_slice %expanded_65 into %arg5[%57, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %inserted_slice, %51, %49 : tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    }
    %expanded = tensor.expand_shape %0#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %expanded_49 = tensor.expand_shape %0#2 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %expanded_50 = tensor.expand_shape %0#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %1 = tensor.empty() : tensor<5x2x6xf32>
    %2 = linalg.fill ins(%cst_1 : f32) outs(%1 : tensor<5x2x6xf32>) -> tensor<5x2x6xf32>
    %3 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0 : tensor<5x2x6xf32>) outs(%2 : tensor<5x2x6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %8 = linalg.index 0 : index
      %9 = linalg.index 1 : index
      %10 = linalg.index 2 : index
      %11 = arith.subi %c4, %8 : index
      %extracted = tensor.extract %arg0[%11, %9, %10] : tensor<5x2x6xf32>
      linalg.yield %extracted : f32
    } -> tensor<5x2x6xf32>
    %4:3 = scf.for %arg4 = %c0 to %c5 step %c1 iter_args(%arg5 = %cst, %arg6 = %cst_0, %arg7 = %cst_0) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %8 = arith.index_cast %arg4 : index to i64
      %9 = arith.cmpi slt, %8, %c0_i64 : i64
      %10 = arith.extui %9 : i1 to i64
      %11 = arith.muli %10, %c5_i64 : i64
      %12 = arith.addi %8, %11 : i64
      %13 = arith.addi %12, %c5_i64 : i64
      %14 = arith.cmpi sge, %12, %c0_i64 : i64
      %15 = arith.select %14, %12, %13 : i64
      %16 = arith.maxsi %15, %c0_i64 : i64
      %17 = arith.minsi %16, %c5_i64 : i64
      %18 = arith.index_cast %17 : i64 to index
      %extracted_slice_56 = tensor.extract_slice %3[%18, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %collapsed_57 = tensor.collapse_shape %extracted_slice_56 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %19 = tensor.empty() : tensor<6x4xf32>
      %transposed = linalg.transpose ins(%extracted_slice_40 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %20 = tensor.empty() : tensor<2x4xf32>
      %21 = linalg.fill ins(%cst_1 : f32) outs(%20 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %22 = linalg.matmul ins(%collapsed_57, %transposed : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %23 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%22, %extracted_slice_24 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %24 = tensor.empty() : tensor<4x4xf32>
      %transposed_58 = linalg.transpose ins(%extracted_slice_48 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %25 = linalg.matmul ins(%arg6, %transposed_58 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %26 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%25, %extracted_slice_32 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %27 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%23, %26 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %28 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%27 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = arith.negf %in : f32
        %59 = math.exp %58 : f32
        %60 = arith.addf %59, %cst_2 : f32
        %61 = arith.divf %cst_2, %60 : f32
        linalg.yield %61 : f32
      } -> tensor<2x4xf32>
      %transposed_59 = linalg.transpose ins(%extracted_slice_39 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %29 = linalg.matmul ins(%collapsed_57, %transposed_59 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %30 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%29, %extracted_slice_23 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %transposed_60 = linalg.transpose ins(%extracted_slice_47 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %31 = linalg.matmul ins(%arg6, %transposed_60 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %32 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%31, %extracted_slice_31 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %33 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%30, %32 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %34 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%33 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = arith.negf %in : f32
        %59 = math.exp %58 : f32
        %60 = arith.addf %59, %cst_2 : f32
        %61 = arith.divf %cst_2, %60 : f32
        linalg.yield %61 : f32
      } -> tensor<2x4xf32>
      %transposed_61 = linalg.transpose ins(%extracted_slice_38 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %35 = linalg.matmul ins(%collapsed_57, %transposed_61 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %36 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%35, %extracted_slice_22 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %transposed_62 = linalg.transpose ins(%extracted_slice_46 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %37 = linalg.matmul ins(%arg6, %transposed_62 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %38 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%37, %extracted_slice_30 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %39 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%36, %38 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %40 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%39 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = arith.negf %in : f32
        %59 = math.exp %58 : f32
        %60 = arith.addf %59, %cst_2 : f32
        %61 = arith.divf %cst_2, %60 : f32
        linalg.yield %61 : f32
      } -> tensor<2x4xf32>
      %transposed_63 = linalg.transpose ins(%extracted_slice_37 : tensor<4x6xf32>) outs(%19 : tensor<6x4xf32>) permutation = [1, 0] 
      %41 = linalg.matmul ins(%collapsed_57, %transposed_63 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %42 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%41, %extracted_slice_21 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %transposed_64 = linalg.transpose ins(%extracted_slice_45 : tensor<4x4xf32>) outs(%24 : tensor<4x4xf32>) permutation = [1, 0] 
      %43 = linalg.matmul ins(%arg6, %transposed_64 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%21 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %44 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%43, %extracted_slice_29 : tensor<2x4xf32>, tensor<4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %45 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%42, %44 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %46 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%45 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = math.tanh %in : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %47 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%40, %arg7 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.mulf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %48 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%28, %46 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.mulf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %49 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%47, %48 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.addf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %50 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%49 : tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %58 = math.tanh %in : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %51 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%34, %50 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%20 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_66: f32, %out: f32):
        %58 = arith.mulf %in, %in_66 : f32
        linalg.yield %58 : f32
      } -> tensor<2x4xf32>
      %expanded_65 = tensor.expand_shape %51 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %52 = arith.addi %8, %c5_i64 : i64
      %53 = arith.cmpi sge, %8, %c0_i64 : i64
      %54 = arith.select %53, %8, %52 : i64
      %55 = arith.maxsi %54, %c0_i64 : i64
      %56 = arith.minsi %55, %c5_i64 : i64
      %57 = arith.index_cast %56 : i64 to index
      %inserted_slice = tensor.insert_slice %expanded_65 into %arg5[%57, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %inserted_slice, %51, %49 : tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    }
    %expanded_51 = tensor.expand_shape %4#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %expanded_52 = tensor.expand_shape %4#2 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %expanded_53 = tensor.expand_shape %4#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %5 = tensor.empty() : tensor<5x1x2x4xf32>
    %6 = linalg.fill ins(%cst_1 : f32) outs(%5 : tensor<5x1x2x4xf32>) -> tensor<5x1x2x4xf32>
    %7 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_53 : tensor<5x1x2x4xf32>) outs(%6 : tensor<5x1x2x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %8 = linalg.index 0 : index
      %9 = linalg.index 2 : index
      %10 = linalg.index 3 : index
      %11 = arith.subi %c4, %8 : index
      %extracted = tensor.extract %expanded_53[%11, %c0, %9, %10] : tensor<5x1x2x4xf32>
      linalg.yield %extracted : f32
    } -> tensor<5x1x2x4xf32>
    %concat = tensor.concat dim(1) %expanded_50, %7 : (tensor<5x1x2x4xf32>, tensor<5x1x2x4xf32>) -> tensor<5x2x2x4xf32>
    %concat_54 = tensor.concat dim(0) %expanded, %expanded_51 : (tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> tensor<2x2x4xf32>
    %concat_55 = tensor.concat dim(0) %expanded_49, %expanded_52 : (tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> tensor<2x2x4xf32>
    return %concat, %concat_54, %concat_55 : tensor<5x2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>
  }
}
