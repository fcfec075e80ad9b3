#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1)>
module {
  func.func @gru(%arg0: tensor<5x2x6xf32>, %arg1: tensor<1x12x6xf32>, %arg2: tensor<1x12x4xf32>, %arg3: tensor<1x24xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>) {
    %cst = arith.constant dense<0.000000e+00> : tensor<5x2x4xf32>
    %cst_0 = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
    %c0_i64 = arith.constant 0 : i64
    %cst_1 = arith.constant 0.000000e+00 : f32
    %c5_i64 = arith.constant 5 : i64
    %cst_2 = arith.constant 1.000000e+00 : f32
    %cst_3 = arith.constant dense<1.000000e+00> : tensor<2x4xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    %collapsed = tensor.collapse_shape %arg1 [[0, 1], [2]] : tensor<1x12x6xf32> into tensor<12x6xf32>
    %collapsed_4 = tensor.collapse_shape %arg2 [[0, 1], [2]] : tensor<1x12x4xf32> into tensor<12x4xf32>
    %collapsed_5 = tensor.collapse_shape %arg3 [[0, 1]] : tensor<1x24xf32> into tensor<24xf32>
    %extracted_slice = tensor.extract_slice %collapsed[0, 0] [4, 6] [1, 1] : tensor<12x6xf32> to tensor<4x6xf32>
    %extracted_slice_6 = tensor.extract_slice %collapsed[4, 0] [4, 6] [1, 1] : tensor<12x6xf32> to tensor<4x6xf32>
    %extracted_slice_7 = tensor.extract_slice %collapsed[8, 0] [4, 6] [1, 1] : tensor<12x6xf32> to tensor<4x6xf32>
    %extracted_slice_8 = tensor.extract_slice %collapsed_4[0, 0] [4, 4] [1, 1] : tensor<12x4xf32> to tensor<4x4xf32>
    %extracted_slice_9 = tensor.extract_slice %collapsed_4[4, 0] [4, 4] [1, 1] : tensor<12x4xf32> to tensor<4x4xf32>
    %extracted_slice_10 = tensor.extract_slice %collapsed_4[8, 0] [4, 4] [1, 1] : tensor<12x4xf32> to tensor<4x4xf32>
    %extracted_slice_11 = tensor.extract_slice %collapsed_5[0] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %extracted_slice_12 = tensor.extract_slice %collapsed_5[4] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %extracted_slice_13 = tensor.extract_slice %collapsed_5[8] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %extracted_slice_14 = tensor.extract_slice %collapsed_5[12] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %extracted_slice_15 = tensor.extract_slice %collapsed_5[16] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %extracted_slice_16 = tensor.extract_slice %collapsed_5[20] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %0:2 = scf.for %arg4 = %c0 to %c5 step %c1 iter_args(%arg5 = %cst, %arg6 = %cst_0) -> (tensor<5x2x4xf32>, tensor<2x4xf32>) {
      %1 = arith.index_cast %arg4 : index to i64
      %2 = arith.cmpi slt, %1, %c0_i64 : i64
      %3 = arith.extui %2 : i1 to i64
      %4 = arith.muli %3, %c5_i64 : i64
      %5 = arith.addi %1, %4 : i64
      %6 = arith.addi %5, %c5_i64 : i64
      %7 = arith.cmpi sge, %5, %c0_i64 : i64
      %8 = arith.select %7, %5, %6 : i64
      %9 = arith.maxsi %8, %c0_i64 : i64
      %10 = arith.minsi %9, %c5_i64 : i64
      %11 = arith.index_cast %10 : i64 to index
      %extracted_slice_18 = tensor.extract_slice %arg0[%11, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %collapsed_19 = tensor.collapse_shape %extracted_slice_18 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %12 = tensor.empty() : tensor<6x4xf32>
      %transposed = linalg.transpose ins(%extracted_slice : tensor<4x6xf32>) outs(%12 : tensor<6x4xf32>) permutation = [1, 0] 
      %13 = tensor.empty() : tensor<2x4xf32>
      %14 = linalg.fill ins(%cst_1 : f32) outs(%13 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %15 = linalg.matmul ins(%collapsed_19, %transposed : tensor<2x6xf32>, tensor<6x4xf32>) outs(%14 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %16 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%15, %extracted_slice_11 : tensor<2x4xf32>, tensor<4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %17 = tensor.empty() : tensor<4x4xf32>
      %transposed_20 = linalg.transpose ins(%extracted_slice_8 : tensor<4x4xf32>) outs(%17 : tensor<4x4xf32>) permutation = [1, 0] 
      %18 = linalg.matmul ins(%arg6, %transposed_20 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%14 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %19 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%18, %extracted_slice_14 : tensor<2x4xf32>, tensor<4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %20 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%16, %19 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %21 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%20 : tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %45 = arith.negf %in : f32
        %46 = math.exp %45 : f32
        %47 = arith.addf %46, %cst_2 : f32
        %48 = arith.divf %cst_2, %47 : f32
        linalg.yield %48 : f32
      } -> tensor<2x4xf32>
      %transposed_21 = linalg.transpose ins(%extracted_slice_6 : tensor<4x6xf32>) outs(%12 : tensor<6x4xf32>) permutation = [1, 0] 
      %22 = linalg.matmul ins(%collapsed_19, %transposed_21 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%14 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %23 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%22, %extracted_slice_12 : tensor<2x4xf32>, tensor<4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %transposed_22 = linalg.transpose ins(%extracted_slice_9 : tensor<4x4xf32>) outs(%17 : tensor<4x4xf32>) permutation = [1, 0] 
      %24 = linalg.matmul ins(%arg6, %transposed_22 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%14 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %25 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%24, %extracted_slice_15 : tensor<2x4xf32>, tensor<4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %26 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%23, %25 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %27 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%26 : tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %45 = arith.negf %in : f32
        %46 = math.exp %45 : f32
        %47 = arith.addf %46, %cst_2 : f32
        %48 = arith.divf %cst_2, %47 : f32
        linalg.yield %48 : f32
      } -> tensor<2x4xf32>
      %transposed_23 = linalg.transpose ins(%extracted_slice_7 : tensor<4x6xf32>) outs(%12 : tensor<6x4xf32>) permutation = [1, 0] 
      %28 = linalg.matmul ins(%collapsed_19, %transposed_23 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%14 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %29 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%28, %extracted_slice_13 : tensor<2x4xf32>, tensor<4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %transposed_24 = linalg.transpose ins(%extracted_slice_10 : tensor<4x4xf32>) outs(%17 : tensor<4x4xf32>) permutation = [1, 0] 
      %30 = linalg.matmul ins(%arg6, %transposed_24 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%14 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %31 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%30, %extracted_slice_16 : tensor<2x4xf32>, tensor<4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %32 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%31, %27 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.mulf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %33 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%29, %32 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %34 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%33 : tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %45 = math.tanh %in : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %35 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%cst_3, %21 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.subf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %36 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%35, %34 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.mulf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %37 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%arg6, %21 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.mulf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %38 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%36, %37 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%13 : tensor<2x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %45 = arith.addf %in, %in_26 : f32
        linalg.yield %45 : f32
      } -> tensor<2x4xf32>
      %expanded_25 = tensor.expand_shape %38 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %39 = arith.addi %1, %c5_i64 : i64
      %40 = arith.cmpi sge, %1, %c0_i64 : i64
      %41 = arith.select %40, %1, %39 : i64
      %42 = arith.maxsi %41, %c0_i64 : i64
      %43 = arith.minsi %42, %c5_i64 : i64
      %44 = arith.index_cast %43 : i64 to index
      %inserted_slice = tensor.insert_slice %expanded_25 into %arg5[%44, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %inserted_slice, %38 : tensor<5x2x4xf32>, tensor<2x4xf32>
    }
    %expanded = tensor.expand_shape %0#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %expanded_17 = tensor.expand_shape %0#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    return %expanded, %expanded_17 : tensor<5x1x2x4xf32>, tensor<1x2x4xf32>
  }
}
