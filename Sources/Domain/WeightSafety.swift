/// Whether weights can be loaded without running what their publisher wrote.
public enum WeightSafety: String, Hashable, Sendable, Codable, CaseIterable {
  /// At least one format that is only data.
  case safe
  /// Only pickled files (or Keras's), which can run code when they are loaded.
  case pickleOnly
  /// No weights.
  case none

  /// What a repository's files offer.
  public init(files: [ModelFile]) {
    let formats = Set(files.compactMap { WeightFormat.ofFile($0.path) })
    self = formats.isEmpty ? .none : formats.allSatisfy(\.canRunCode) ? .pickleOnly : .safe
  }
}
