#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1)>
module {
  func.func @gru(%x: tensor<5x2x6xf32>, %W: tensor<1x12x6xf32>, %R: tensor<1x12x4xf32>, %B: tensor<1x24xf32>) -> (tensor<5x1x2x4xf32>, tensor<1x2x4xf32>) {
    %0 = arith.constant dense<0.000000e+00> : tensor<5x2x4xf32>
    %1 = arith.constant dense<0.000000e+00> : tensor<2x4xf32>
    %c0_i64 = arith.constant 0 : i64
    %cst = arith.constant 0.000000e+00 : f32
    %c5_i64 = arith.constant 5 : i64
    %cst_0 = arith.constant 1.000000e+00 : f32
    %2 = arith.constant dense<1.000000e+00> : tensor<2x4xf32>
    %3 = arith.constant 0 : index
    %4 = arith.constant 1 : index
    %5 = arith.constant 5 : index
    %6 = tensor.collapse_shape %W [[0, 1], [2]] : tensor<1x12x6xf32> into tensor<12x6xf32>
    %7 = tensor.collapse_shape %R [[0, 1], [2]] : tensor<1x12x4xf32> into tensor<12x4xf32>
    %8 = tensor.collapse_shape %B [[0, 1]] : tensor<1x24xf32> into tensor<24xf32>
    %9 = tensor.extract_slice %6[0, 0] [4, 6] [1, 1] : tensor<12x6xf32> to tensor<4x6xf32>
    %10 = tensor.extract_slice %6[4, 0] [4, 6] [1, 1] : tensor<12x6xf32> to tensor<4x6xf32>
    %11 = tensor.extract_slice %6[8, 0] [4, 6] [1, 1] : tensor<12x6xf32> to tensor<4x6xf32>
    %12 = tensor.extract_slice %7[0, 0] [4, 4] [1, 1] : tensor<12x4xf32> to tensor<4x4xf32>
    %13 = tensor.extract_slice %7[4, 0] [4, 4] [1, 1] : tensor<12x4xf32> to tensor<4x4xf32>
    %14 = tensor.extract_slice %7[8, 0] [4, 4] [1, 1] : tensor<12x4xf32> to tensor<4x4xf32>
    %15 = tensor.extract_slice %8[0] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %16 = tensor.extract_slice %8[4] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %17 = tensor.extract_slice %8[8] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %18 = tensor.extract_slice %8[12] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %19 = tensor.extract_slice %8[16] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %20 = tensor.extract_slice %8[20] [4] [1] : tensor<24xf32> to tensor<4xf32>
    %21:2 = scf.for %24 = %3 to %5 step %4 iter_args(%25 = %0, %26 = %1) -> (tensor<5x2x4xf32>, tensor<2x4xf32>) {
      %27 = arith.index_cast %24 : index to i64
      %28 = arith.cmpi slt, %27, %c0_i64 : i64
      %29 = arith.extui %28 : i1 to i64
      %30 = arith.muli %29, %c5_i64 : i64
      %31 = arith.addi %27, %30 : i64
      %32 = arith.addi %31, %c5_i64 : i64
      %33 = arith.cmpi sge, %31, %c0_i64 : i64
      %34 = arith.select %33, %31, %32 : i64
      %35 = arith.maxsi %34, %c0_i64 : i64
      %36 = arith.minsi %35, %c5_i64 : i64
      %37 = arith.index_cast %36 : i64 to index
      %38 = tensor.extract_slice %x[%37, 0, 0] [1, 2, 6] [1, 1, 1] : tensor<5x2x6xf32> to tensor<1x2x6xf32>
      %39 = tensor.collapse_shape %38 [[0, 1], [2]] : tensor<1x2x6xf32> into tensor<2x6xf32>
      %40 = tensor.empty() : tensor<6x4xf32>
      %41 = linalg.transpose ins(%9 : tensor<4x6xf32>) outs(%40 : tensor<6x4xf32>) permutation = [1, 0] 
      %42 = tensor.empty() : tensor<2x4xf32>
      %43 = linalg.fill ins(%cst : f32) outs(%42 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %44 = linalg.matmul ins(%39, %41 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%43 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %45 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%44, %15 : tensor<2x4xf32>, tensor<4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %46 = tensor.empty() : tensor<4x4xf32>
      %47 = linalg.transpose ins(%12 : tensor<4x4xf32>) outs(%46 : tensor<4x4xf32>) permutation = [1, 0] 
      %48 = linalg.matmul ins(%26, %47 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%43 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %49 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%48, %18 : tensor<2x4xf32>, tensor<4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %50 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%45, %49 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %51 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%50 : tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32):
        %83 = arith.negf %81 : f32
        %84 = math.exp %83 : f32
        %85 = arith.addf %84, %cst_0 : f32
        %86 = arith.divf %cst_0, %85 : f32
        linalg.yield %86 : f32
      } -> tensor<2x4xf32>
      %52 = linalg.transpose ins(%10 : tensor<4x6xf32>) outs(%40 : tensor<6x4xf32>) permutation = [1, 0] 
      %53 = linalg.matmul ins(%39, %52 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%43 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %54 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%53, %16 : tensor<2x4xf32>, tensor<4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %55 = linalg.transpose ins(%13 : tensor<4x4xf32>) outs(%46 : tensor<4x4xf32>) permutation = [1, 0] 
      %56 = linalg.matmul ins(%26, %55 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%43 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %57 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%56, %19 : tensor<2x4xf32>, tensor<4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %58 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%54, %57 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %59 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%58 : tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32):
        %83 = arith.negf %81 : f32
        %84 = math.exp %83 : f32
        %85 = arith.addf %84, %cst_0 : f32
        %86 = arith.divf %cst_0, %85 : f32
        linalg.yield %86 : f32
      } -> tensor<2x4xf32>
      %60 = linalg.transpose ins(%11 : tensor<4x6xf32>) outs(%40 : tensor<6x4xf32>) permutation = [1, 0] 
      %61 = linalg.matmul ins(%39, %60 : tensor<2x6xf32>, tensor<6x4xf32>) outs(%43 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %62 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%61, %17 : tensor<2x4xf32>, tensor<4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %63 = linalg.transpose ins(%14 : tensor<4x4xf32>) outs(%46 : tensor<4x4xf32>) permutation = [1, 0] 
      %64 = linalg.matmul ins(%26, %63 : tensor<2x4xf32>, tensor<4x4xf32>) outs(%43 : tensor<2x4xf32>) -> tensor<2x4xf32>
      %65 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%64, %20 : tensor<2x4xf32>, tensor<4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %66 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%65, %59 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.mulf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %67 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%62, %66 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %68 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%67 : tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32):
        %83 = math.tanh %81 : f32
        linalg.yield %83 : f32
      } -> tensor<2x4xf32>
      %69 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%2, %51 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.subf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %70 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%69, %68 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.mulf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %71 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%26, %51 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.mulf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %72 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%70, %71 : tensor<2x4xf32>, tensor<2x4xf32>) outs(%42 : tensor<2x4xf32>) {
      ^bb0(%81: f32, %82: f32, %83: f32):
        %84 = arith.addf %81, %82 : f32
        linalg.yield %84 : f32
      } -> tensor<2x4xf32>
      %73 = tensor.expand_shape %72 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
      %74 = arith.addi %27, %c5_i64 : i64
      %75 = arith.cmpi sge, %27, %c0_i64 : i64
      %76 = arith.select %75, %27, %74 : i64
      %77 = arith.maxsi %76, %c0_i64 : i64
      %78 = arith.minsi %77, %c5_i64 : i64
      %79 = arith.index_cast %78 : i64 to index
      %80 = tensor.insert_slice %73 into %25[%79, 0, 0] [1, 2, 4] [1, 1, 1] : tensor<1x2x4xf32> into tensor<5x2x4xf32>
      scf.yield %80, %72 : tensor<5x2x4xf32>, tensor<2x4xf32>
    }
    %22 = tensor.expand_shape %21#0 [[0], [1, 2], [3]] output_shape [5, 1, 2, 4] : tensor<5x2x4xf32> into tensor<5x1x2x4xf32>
    %23 = tensor.expand_shape %21#1 [[0, 1], [2]] output_shape [1, 2, 4] : tensor<2x4xf32> into tensor<1x2x4xf32>
    return %22, %23 : tensor<5x1x2x4xf32>, tensor<1x2x4xf32>
  }
}
