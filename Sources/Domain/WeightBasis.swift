/// What predictions of quantizations that nobody has published rest on.
public struct WeightBasis: Hashable, Sendable, Codable {
  /// The model's tensors.
  public var inventory: TensorInventory
  /// Where they come from: a GGUF header, safetensors headers or a configuration.
  public var evidence: FitEvidence
  /// Whether the family is known and the tensors add up to the parameters that the hub counts, to a thousandth. What
  /// rests on one that does not is marked as unverified.
  public var isVerified: Bool

  /// A basis.
  public init(inventory: TensorInventory, evidence: FitEvidence, isVerified: Bool) {
    self.inventory = inventory
    self.evidence = evidence
    self.isVerified = isVerified
  }
}
