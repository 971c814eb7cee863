/// What a GGUF file may ask of us. Real files stay far below; a file beyond is refused before memory is spent.
enum GGUFLimits {
  /// Key-value pairs. Real models have 20 to 60; 65,536 costs a few megabytes.
  static let keyValues: UInt64 = 65_536
  /// Tensors of one file. The largest mixture models with one tensor an expert have some 40,000.
  static let tensors: UInt64 = 65_536
  /// Bytes of one string. The longest known are chat templates of some 100 kB.
  static let stringBytes: UInt64 = 16 << 20
  /// Bytes of all arrays together. A vocabulary of 262,144 tokens with merges takes about 16 MB.
  static let arrayBytes: Int = 256 << 20
  /// Bytes of a key (the format's own rule).
  static let keyBytes: ClosedRange<Int> = 1...65_535
  /// Bytes of a tensor's name. ggml keeps 64, the format allows more.
  static let tensorNameBytes: ClosedRange<Int> = 1...1024
  /// Dimensions of a tensor (ggml's own rule).
  static let dimensions: ClosedRange<UInt32> = 1...4
  /// Bytes of `general.alignment`. 32 is the default; a page is the most that makes sense for mapping.
  static let alignment: ClosedRange<Int> = 1...65_536
  /// Header bytes that are fetched from afar: the largest known header has 26 MB.
  static let remoteHeaderBytes: Int64 = 64 << 20
}
