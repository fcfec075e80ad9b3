#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1)>
module {
  func.func @lstm_batch_first(%x: tensor<2x5x6xf32>, %W: tensor<1x16x6xf32>, %R: tensor<1x16x4xf32>, %B: tensor<1x32xf32>, %h0: tensor<2x1x4xf32>, %c0: tensor<2x1x4xf32>) -> (tensor<2x5x1x4xf32>, tensor<2x1x4xf32>, tensor<2x1x4xf32>) {
    %0 = arith.constant dense<0.000000e+00> : tensor<5x2x4xf32>
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %c5_i64 = arith.constant 5 : i64
    %cst_0 = arith.constant 1.000000e+00 : f32
    %1 = arith.constant 0 : index
    %2 = arith.constant 1 : index
    %3 = arith.constant 5 : index
    %4 = tensor.collapse_shape %W [[0, 1], [2]] : tensor<1x16x6xf32> into tensor<16x6xf32>
    %5 = tensor.collapse_shape %R [[0, 1], [2]] : tensor<1x16x4xf32> into tensor<16x4xf32>
    %6 = tensor.collapse_shape %B [[0, 1]] : tensor<1x32xf32> into tensor<32xf32>
    %7 = tensor.empty() : tensor<1x2x4xf32>
    %8 = linalg.transpose ins(%h0 : tensor<2x1x4xf32>) outs(%7 : tensor<1x2x4xf32>) permutation = [1, 0, 2] 
    %9 = linalg.transpose ins(%c0 : tensor<2x1x4xf32>) outs(%7 : tensor<1x2x4xf32>) permutation = [1, 0, 2] 
    %10 = tensor.empty() : tensor<5x2x6xf32>
    %11 = linalg.transpose ins(%x : tensor<2x5x6xf32>) outs(%10 : tensor<5x2x6xf32>) permutation = [1, 0, 2] 
    %12 = tensor.collapse_shape %8 [[0, 1], [2]] : tensor<1x2x4xf32> into tensor<2x4xf32>
    %13 = tensor.collapse_shape %9 [[0, 1], [2]] : tensor<1x2x4xf32> into tensor<2x4xf32>
    %14 = tensor.extract_slice %6[0] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %15 = tensor.extract_slice %6[16] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %16 = tensor.extract_slice %14[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %17 = tensor.extract_slice %14[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %18 = tensor.extract_slice %14[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %19 = tensor.extract_slice %14[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %20 = tensor.extract_slice %15[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %21 = tensor.extract_slice %15[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %22 = tensor.extract_slice %15[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %23 = tensor.extract_slice %15[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %24 = tensor.extract_slice %4[12, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %25 = tensor.extract_slice %4[8, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %26 = tensor.extract_slice %4[4, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %27 = tensor.extract_slice %4[0, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %28 = tensor.extract_slice %5[12, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %29 = tensor.extract_slice %5[8, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %30 = tensor.extract_slice %5[4, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %31 = tensor.extract_slice %5[0, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %32:3 = scf.for %41 = %1 to %3 step %2 iter_args(%42 = %0, %43 = %12, %44 = %13) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %45 = arith.index_cast %41 : index to i64
      %46 = arith.cmpi slt, %45, %c0_i64 : i64
      %47 = arith.extui %46 : i1 to i64
      %48 = arith.muli %47, %c5_i64 : i64
      %49 = arith.addi %45, %48 : i64
      %50 = arith.addi %49, %c5_i64 : i64
      %51 = arith.cmpi sge, %49, %c0_i64 : i64
      %52 = arith.select %51, %49, %50 : i64
      %53 = arith.maxsi %52, %c0_i64 : i64
      %54 = arith.minsi %53, %c5_i64 : i64
      %55 = arith.index_cast %54 : i64 to index
      %56 = tensor.extract_slice %11[%55, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %57 = tensor.collapse_shape %56 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %58 = tensor.empty() : tensor<6x4xf32>
      %59 = linalg.transpose ins(%27 : tensor<4x6xf32>) outs(%58 : tensor<6x4xf32>) permutation = [1, 0] 
      %60 = tensor.empty() : tensor<2x4xf32>
      %61 = linalg.fill ins(%cst : f32) outs(%60 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %62 = linalg.matmul ins(%57, %59 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %63 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%62, %19 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %64 = tensor.empty() : tensor<4x4xf32>
      %65 = linalg.transpose ins(%31 : tensor<4x4xf32>) outs(%64 : tensor<4x4xf32>) permutation = [1, 0] 
      %66 = linalg.matmul ins(%43, %65 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %67 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%66, %23 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %68 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%63, %67 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %69 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%68 : tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32):
        %109 = arith.negf %107 : f32
        %110 = math.exp %109 : f32
        %111 = arith.addf %110, %cst_0 : f32
        %112 = arith.divf %cst_0, %111 : f32
        linalg.yield %112 : f32
      } -> tensor<2x4xf32>
      %70 = linalg.transpose ins(%26 : tensor<4x6xf32>) outs(%58 : tensor<6x4xf32>) permutation = [1, 0] 
      %71 = linalg.matmul ins(%57, %70 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %72 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%71, %18 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %73 = linalg.transpose ins(%30 : tensor<4x4xf32>) outs(%64 : tensor<4x4xf32>) permutation = [1, 0] 
      %74 = linalg.matmul ins(%43, %73 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %75 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%74, %22 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %76 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%72, %75 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %77 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%76 : tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32):
        %109 = arith.negf %107 : f32
        %110 = math.exp %109 : f32
        %111 = arith.addf %110, %cst_0 : f32
        %112 = arith.divf %cst_0, %111 : f32
        linalg.yield %112 : f32
      } -> tensor<2x4xf32>
      %78 = linalg.transpose ins(%25 : tensor<4x6xf32>) outs(%58 : tensor<6x4xf32>) permutation = [1, 0] 
      %79 = linalg.matmul ins(%57, %78 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %80 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%79, %17 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %81 = linalg.transpose ins(%29 : tensor<4x4xf32>) outs(%64 : tensor<4x4xf32>) permutation = [1, 0] 
      %82 = linalg.matmul ins(%43, %81 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %83 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%82, %21 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %84 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%80, %83 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %85 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%84 : tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32):
        %109 = arith.negf %107 : f32
        %110 = math.exp %109 : f32
        %111 = arith.addf %110, %cst_0 : f32
        %112 = arith.divf %cst_0, %111 : f32
        linalg.yield %112 : f32
      } -> tensor<2x4xf32>
      %86 = linalg.transpose ins(%24 : tensor<4x6xf32>) outs(%58 : tensor<6x4xf32>) permutation = [1, 0] 
      %87 = linalg.matmul ins(%57, %86 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %88 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%87, %16 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %89 = linalg.transpose ins(%28 : tensor<4x4xf32>) outs(%64 : tensor<4x4xf32>) permutation = [1, 0] 
      %90 = linalg.matmul ins(%43, %89 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%61 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %91 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%90, %20 : tensor<2x4xf32>, tensor<4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %92 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%88, %91 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %93 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%92 : tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32):
        %109 = math.tanh %107 : f32
        linalg.yield %109 : f32
      } -> tensor<2x4xf32>
      %94 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%85, %44 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.mulf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %95 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%69, %93 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.mulf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %96 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%94, %95 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.addf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %97 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%96 : tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32):
        %109 = math.tanh %107 : f32
        linalg.yield %109 : f32
      } -> tensor<2x4xf32>
      %98 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%77, %97 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%60 : tensor<2x4xf32>) {
      ^bb0(%107: f32, %108: f32, %109: f32):
        %110 = arith.mulf %107, %108 : f32
        linalg.yield %110 : f32
      } -> tensor<2x4xf32>
      %99 = tensor.expand_shape %98 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %100 = arith.addi %45, %c5_i64 : i64
      %101 = arith.cmpi sge, %45, %c0_i64 : i64
      %102 = arith.select %101, %45, %100 : i64
      %103 = arith.maxsi %102, %c0_i64 : i64
      %104 = arith.minsi %103, %c5_i64 : i64
      %105 = arith.index_cast %104 : i64 to index
      %106 = tensor.insert_slice %99 into %42[%105, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %106, %98, %96 : tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    }
    %33 = tensor.expand_shape %32#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %34 = tensor.expand_shape %32#2 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %35 = tensor.expand_shape %32#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %36 = tensor.empty() : tensor<2x5x1x4xf32>
    %37 = linalg.transpose ins(%35 : tensor<5x1x2x4xf32>) outs(%36 : tensor<2x5x1x4xf32>) permutation = [2, 0, 1, 3] 
    %38 = tensor.empty() : tensor<2x1x4xf32>
    %39 = linalg.transpose ins(%33 : tensor<1x2x4xf32>) outs(%38 : tensor<2x1x4xf32>) permutation = [1, 0, 2] 
    %40 = linalg.transpose ins(%34 : tensor<1x2x4xf32>) outs(%38 : tensor<2x1x4xf32>) permutation = [1, 0, 2] 
    return %37, %39, %40 : tensor<2x5x1x4xf32>, tensor<2x1x4xf32>, tensor<2x1x4xf32>
  }
}
