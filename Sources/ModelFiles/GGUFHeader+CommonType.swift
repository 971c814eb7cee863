import Domain

extension GGUFHeader {
  /// The type that most weights of a model have; nil for a model without tensors.
  ///
  /// - Parameter parts: the headers of all its files.
  public static func commonType(of parts: [GGUFHeader]) -> TensorType? {
    var elements: [TensorType: Int64] = [:]
    for tensor in parts.flatMap(\.tensors) {
      let (sum, overflow) = elements[tensor.type, default: 0].addingReportingOverflow(tensor.elements)
      elements[tensor.type] = overflow ? .max : sum
    }
    return elements.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
  }
}
