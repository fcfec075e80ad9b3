#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
module {
  func.func @lstm_bidirectional(%x: tensor<5x2x6xf32>, %W: tensor<2x16x6xf32>, %R: tensor<2x16x4xf32>, %B: tensor<2x32xf32>) -> (tensor<5x2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>) {
    %0 = arith.constant dense<0.000000e+00> : tensor<5x2x4xf32>
    %1 = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %c5_i64 = arith.constant 5 : i64
    %cst_0 = arith.constant 1.000000e+00 : f32
    %c4 = arith.constant 4 : index
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    %2 = tensor.extract_slice %W[0, 0, 0] [1, 16, 6] [1, 1, 1] : tensor<2x16x6xf32> to tensor<1x16x6xf32>
    %3 = tensor.collapse_shape %2 [[0, 1], [2]] : tensor<1x16x6xf32> into tensor<16x6xf32>
    %4 = tensor.extract_slice %R[0, 0, 0] [1, 16, 4] [1, 1, 1] : tensor<2x16x4xf32> to tensor<1x16x4xf32>
    %5 = tensor.collapse_shape %4 [[0, 1], [2]] : tensor<1x16x4xf32> into tensor<16x4xf32>
    %6 = tensor.extract_slice %B[0, 0] [1, 32] [1, 1] : tensor<2x32xf32> to tensor<1x32xf32>
    %7 = tensor.collapse_shape %6 [[0, 1]] : tensor<1x32xf32> into tensor<32xf32>
    %8 = tensor.extract_slice %W[1, 0, 0] [1, 16, 6] [1, 1, 1] : tensor<2x16x6xf32> to tensor<1x16x6xf32>
    %9 = tensor.collapse_shape %8 [[0, 1], [2]] : tensor<1x16x6xf32> into tensor<16x6xf32>
    %10 = tensor.extract_slice %R[1, 0, 0] [1, 16, 4] [1, 1, 1] : tensor<2x16x4xf32> to tensor<1x16x4xf32>
    %11 = tensor.collapse_shape %10 [[0, 1], [2]] : tensor<1x16x4xf32> into tensor<16x4xf32>
    %12 = tensor.extract_slice %B[1, 0] [1, 32] [1, 1] : tensor<2x32xf32> to tensor<1x32xf32>
    %13 = tensor.collapse_shape %12 [[0, 1]] : tensor<1x32xf32> into tensor<32xf32>
    %14 = tensor.extract_slice %7[0] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %15 = tensor.extract_slice %7[16] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %16 = tensor.extract_slice %13[0] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %17 = tensor.extract_slice %13[16] [16] [1] : tensor<32xf32> to tensor<16xf32>
    %18 = tensor.extract_slice %14[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %19 = tensor.extract_slice %14[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %20 = tensor.extract_slice %14[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %21 = tensor.extract_slice %14[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %22 = tensor.extract_slice %16[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %23 = tensor.extract_slice %16[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %24 = tensor.extract_slice %16[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %25 = tensor.extract_slice %16[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %26 = tensor.extract_slice %15[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %27 = tensor.extract_slice %15[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %28 = tensor.extract_slice %15[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %29 = tensor.extract_slice %15[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %30 = tensor.extract_slice %17[12] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %31 = tensor.extract_slice %17[8] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %32 = tensor.extract_slice %17[4] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %33 = tensor.extract_slice %17[0] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %34 = tensor.extract_slice %3[12, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %35 = tensor.extract_slice %3[8, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %36 = tensor.extract_slice %3[4, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %37 = tensor.extract_slice %3[0, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %38 = tensor.extract_slice %9[12, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %39 = tensor.extract_slice %9[8, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %40 = tensor.extract_slice %9[4, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %41 = tensor.extract_slice %9[0, 0] [4, 6] [1, 1] : tensor<16x6xf32> to tensor<4x6xf32>
    %42 = tensor.extract_slice %5[12, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %43 = tensor.extract_slice %5[8, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %44 = tensor.extract_slice %5[4, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %45 = tensor.extract_slice %5[0, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %46 = tensor.extract_slice %11[12, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %47 = tensor.extract_slice %11[8, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %48 = tensor.extract_slice %11[4, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %49 = tensor.extract_slice %11[0, 0] [4, 4] [1, 1] : tensor<16x4xf32> to tensor<4x4xf32>
    %50:3 = scf.for %67 = %c0 to %c5 step %c1 iter_args(%68 = %0, %69 = %1, %70 = %1) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %71 = arith.index_cast %67 : index to i64
      %72 = arith.cmpi slt, %71, %c0_i64 : i64
      %73 = arith.extui %72 : i1 to i64
      %74 = arith.muli %73, %c5_i64 : i64
      %75 = arith.addi %71, %74 : i64
      %76 = arith.addi %75, %c5_i64 : i64
      %77 = arith.cmpi sge, %75, %c0_i64 : i64
      %78 = arith.select %77, %75, %76 : i64
      %79 = arith.maxsi %78, %c0_i64 : i64
      %80 = arith.minsi %79, %c5_i64 : i64
      %81 = arith.index_cast %80 : i64 to index
      %82 = tensor.extract_slice %x[%81, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %83 = tensor.collapse_shape %82 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %84 = tensor.empty() : tensor<6x4xf32>
      %85 = linalg.transpose ins(%37 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %86 = tensor.empty() : tensor<2x4xf32>
      %87 = linalg.fill ins(%cst : f32) outs(%86 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %88 = linalg.matmul ins(%83, %85 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %89 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%88, %21 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %90 = tensor.empty() : tensor<4x4xf32>
      %91 = linalg.transpose ins(%45 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %92 = linalg.matmul ins(%69, %91 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %93 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%92, %29 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %94 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%89, %93 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %95 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%94 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = arith.negf %133 : f32
        %136 = math.exp %135 : f32
        %137 = arith.addf %136, %cst_0 : f32
        %138 = arith.divf %cst_0, %137 : f32
        linalg.yield %138 : f32
      } -> tensor<2x4xf32>
      %96 = linalg.transpose ins(%36 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %97 = linalg.matmul ins(%83, %96 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %98 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%97, %20 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %99 = linalg.transpose ins(%44 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %100 = linalg.matmul ins(%69, %99 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %101 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%100, %28 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %102 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%98, %101 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %103 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%102 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = arith.negf %133 : f32
        %136 = math.exp %135 : f32
        %137 = arith.addf %136, %cst_0 : f32
        %138 = arith.divf %cst_0, %137 : f32
        linalg.yield %138 : f32
      } -> tensor<2x4xf32>
      %104 = linalg.transpose ins(%35 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %105 = linalg.matmul ins(%83, %104 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %106 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%105, %19 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %107 = linalg.transpose ins(%43 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %108 = linalg.matmul ins(%69, %107 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %109 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%108, %27 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %110 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%106, %109 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %111 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%110 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = arith.negf %133 : f32
        %136 = math.exp %135 : f32
        %137 = arith.addf %136, %cst_0 : f32
        %138 = arith.divf %cst_0, %137 : f32
        linalg.yield %138 : f32
      } -> tensor<2x4xf32>
      %112 = linalg.transpose ins(%34 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %113 = linalg.matmul ins(%83, %112 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %114 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%113, %18 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %115 = linalg.transpose ins(%42 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %116 = linalg.matmul ins(%69, %115 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %117 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%116, %26 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %118 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%114, %117 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %119 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%118 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = math.tanh %133 : f32
        linalg.yield %135 : f32
      } -> tensor<2x4xf32>
      %120 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%111, %70 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.mulf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %121 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%95, %119 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.mulf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %122 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%120, %121 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %123 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%122 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = math.tanh %133 : f32
        linalg.yield %135 : f32
      } -> tensor<2x4xf32>
      %124 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%103, %123 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.mulf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %125 = tensor.expand_shape %124 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %126 = arith.addi %71, %c5_i64 : i64
      %127 = arith.cmpi sge, %71, %c0_i64 : i64
      %128 = arith.select %127, %71, %126 : i64
      %129 = arith.maxsi %128, %c0_i64 : i64
      %130 = arith.minsi %129, %c5_i64 : i64
      %131 = arith.index_cast %130 : i64 to index
      %132 = tensor.insert_slice %125 into %68[%131, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %132, %124, %122 : tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    }
    %51 = tensor.expand_shape %50#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %52 = tensor.expand_shape %50#2 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %53 = tensor.expand_shape %50#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %54 = tensor.empty() : tensor<5x2x6xf32>
    %55 = linalg.fill ins(%cst : f32) outs(%54 : tensor<5x2x6xf32>) -> tensor<5x2x6xf32>
    %56 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : tensor<5x2x6xf32>) outs(%55 : tensor<5x2x6xf32>) {
    ^bb0(%67: f32, %68: f32):
      %69 = linalg.index 0 : index
      %70 = linalg.index 1 : index
      %71 = linalg.index 2 : index
      %72 = arith.subi %c4, %69 : index
      %73 = tensor.extract %x[%72, %70, %71] : tensor<5x2x6xf32>
      linalg.yield %73 : f32
    } -> tensor<5x2x6xf32>
    %57:3 = scf.for %67 = %c0 to %c5 step %c1 iter_args(%68 = %0, %69 = %1, %70 = %1) -> (tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
      %71 = arith.index_cast %67 : index to i64
      %72 = arith.cmpi slt, %71, %c0_i64 : i64
      %73 = arith.extui %72 : i1 to i64
      %74 = arith.muli %73, %c5_i64 : i64
      %75 = arith.addi %71, %74 : i64
      %76 = arith.addi %75, %c5_i64 : i64
      %77 = arith.cmpi sge, %75, %c0_i64 : i64
      %78 = arith.select %77, %75, %76 : i64
      %79 = arith.maxsi %78, %c0_i64 : i64
      %80 = arith.minsi %79, %c5_i64 : i64
      %81 = arith.index_cast %80 : i64 to index
      %82 = tensor.extract_slice %56[%81, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %83 = tensor.collapse_shape %82 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %84 = tensor.empty() : tensor<6x4xf32>
      %85 = linalg.transpose ins(%41 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %86 = tensor.empty() : tensor<2x4xf32>
      %87 = linalg.fill ins(%cst : f32) outs(%86 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %88 = linalg.matmul ins(%83, %85 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %89 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%88, %25 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %90 = tensor.empty() : tensor<4x4xf32>
      %91 = linalg.transpose ins(%49 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %92 = linalg.matmul ins(%69, %91 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %93 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%92, %33 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %94 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%89, %93 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %95 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%94 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = arith.negf %133 : f32
        %136 = math.exp %135 : f32
        %137 = arith.addf %136, %cst_0 : f32
        %138 = arith.divf %cst_0, %137 : f32
        linalg.yield %138 : f32
      } -> tensor<2x4xf32>
      %96 = linalg.transpose ins(%40 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %97 = linalg.matmul ins(%83, %96 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %98 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%97, %24 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %99 = linalg.transpose ins(%48 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %100 = linalg.matmul ins(%69, %99 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %101 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%100, %32 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %102 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%98, %101 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %103 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%102 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = arith.negf %133 : f32
        %136 = math.exp %135 : f32
        %137 = arith.addf %136, %cst_0 : f32
        %138 = arith.divf %cst_0, %137 : f32
        linalg.yield %138 : f32
      } -> tensor<2x4xf32>
      %104 = linalg.transpose ins(%39 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %105 = linalg.matmul ins(%83, %104 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %106 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%105, %23 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %107 = linalg.transpose ins(%47 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %108 = linalg.matmul ins(%69, %107 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %109 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%108, %31 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %110 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%106, %109 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %111 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%110 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = arith.negf %133 : f32
        %136 = math.exp %135 : f32
        %137 = arith.addf %136, %cst_0 : f32
        %138 = arith.divf %cst_0, %137 : f32
        linalg.yield %138 : f32
      } -> tensor<2x4xf32>
      %112 = linalg.transpose ins(%38 : tensor<4x6xf32>) outs(%84 : tensor<6x4xf32>) permutation = [1, 0] 
      %113 = linalg.matmul ins(%83, %112 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %114 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%113, %22 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %115 = linalg.transpose ins(%46 : tensor<4x4xf32>) outs(%90 : tensor<4x4xf32>) permutation = [1, 0] 
      %116 = linalg.matmul ins(%69, %115 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%87 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %117 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%116, %30 : tensor<2x4xf32>, tensor<4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %118 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%114, %117 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %119 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%118 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = math.tanh %133 : f32
        linalg.yield %135 : f32
      } -> tensor<2x4xf32>
      %120 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%111, %70 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.mulf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %121 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%95, %119 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.mulf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %122 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%120, %121 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.addf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %123 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%122 : tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32):
        %135 = math.tanh %133 : f32
        linalg.yield %135 : f32
      } -> tensor<2x4xf32>
      %124 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%103, %123 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%86 : tensor<2x4xf32>) {
      ^bb0(%133: f32, %134: f32, %135: f32):
        %136 = arith.mulf %133, %134 : f32
        linalg.yield %136 : f32
      } -> tensor<2x4xf32>
      %125 = tensor.expand_shape %124 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %126 = arith.addi %71, %c5_i64 : i64
      %127 = arith.cmpi sge, %71, %c0_i64 : i64
      %128 = arith.select %127, %71, %126 : i64
      %129 = arith.maxsi %128, %c0_i64 : i64
      %130 = arith.minsi %129, %c5_i64 : i64
      %131 = arith.index_cast %130 : i64 to index
      %132 = tensor.insert_slice %125 into %68[%131, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %132, %124, %122 : tensor<5x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
    }
    %58 = tensor.expand_shape %57#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %59 = tensor.expand_shape %57#2 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    %60 = tensor.expand_shape %57#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %61 = tensor.empty() : tensor<5x1x2x4xf32>
    %62 = linalg.fill ins(%cst : f32) outs(%61 : tensor<5x1x2x4xf32>) -> tensor<5x1x2x4xf32>
    %63 = linalg.generic {indexing_maps = [#map3, #map3], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%60 : tensor<5x1x2x4xf32>) outs(%62 : tensor<5x1x2x4xf32>) {
    ^bb0(%67: f32, %68: f32):
      %69 = linalg.index 0 : index
      %70 = linalg.index 2 : index
      %71 = linalg.index 3 : index
      %72 = arith.subi %c4, %69 : index
      %73 = tensor.extract %60[%72, %c0, %70, %71] : tensor<5x1x2x4xf32>
      linalg.yield %73 : f32
    } -> tensor<5x1x2x4xf32>
    %64 = tensor.concat dim(1) %53, %63 : (tensor<5x1x2x4xf32>, tensor<5x1x2x4xf32>) -> tensor<5x2x2x4xf32>
    %65 = tensor.concat dim(0) %51, %58 : (tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> tensor<2x2x4xf32>
    %66 = tensor.concat dim(0) %52, %59 : (tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> tensor<2x2x4xf32>
    return %64, %65, %66 : tensor<5x2x2x4xf32>, tensor<2x2x4xf32>, tensor<2x2x4xf32>
  }
}
