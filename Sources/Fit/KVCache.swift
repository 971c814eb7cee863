import Domain

/// The size of the key and value cache.
public enum KVCache {
  /// Cells are allocated in steps of this many tokens (llama.cpp since 2025).
  public static let cellStep = 256

  /// Cells for a context length: the next multiple of `cellStep`.
  public static func cells(context: Int) -> Int {
    max(1, (context + cellStep - 1) / cellStep) * cellStep
  }

  /// Bytes of the caches of single layers at a context length.
  ///
  /// A layer keeps `cells` rows of `kvHeads × keyLength` and of `kvHeads × valueLength` elements. A row length
  /// that is no whole number of blocks is kept in F16, as engines do. Windows of sliding attention are not
  /// subtracted here: llama.cpp keeps the full cache for the llama family, and for others this is an upper bound.
  public static func layerBytes(shape: ModelShape, context: Int, type: KVCacheType) -> [Int64] {
    let cells = Int64(Self.cells(context: context))
    return shape.kvHeads.map { heads in
      cells * (rowBytes(heads * shape.keyLength, type) + rowBytes(heads * shape.valueLength, type))
    }
  }

  private static func rowBytes(_ elements: Int, _ type: KVCacheType) -> Int64 {
    let length = Int64(elements)
    guard length > 0 else { return 0 }
    return type.tensorType.bytes(elements: length, rowLength: length) ?? length * 2
  }
}
