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
    func elements(_ heads: Int, _ length: Int) -> Int64 {
      let (product, overflow) = Int64(heads).multipliedReportingOverflow(by: Int64(length))
      return overflow ? layerLimit : max(0, min(product, layerLimit))
    }
    return shape.kvHeads.map { heads in
      let row = rowBytes(elements(heads, shape.keyLength), type) + rowBytes(elements(heads, shape.valueLength), type)
      let (bytes, overflow) = cells.multipliedReportingOverflow(by: row)
      return overflow ? layerLimit : min(bytes, layerLimit)
    }
  }

  /// No cache of one layer is larger: 16 TiB. Shapes come from foreign headers, and sums must not overflow.
  private static let layerLimit: Int64 = 1 << 44

  private static func rowBytes(_ elements: Int64, _ type: KVCacheType) -> Int64 {
    let length = elements
    guard length > 0 else { return 0 }
    return type.tensorType.bytes(elements: length, rowLength: length) ?? length * 2
  }
}
