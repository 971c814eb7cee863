import Domain

/// The tensors of a model, which may be split over several files.
struct TensorSet {
  let file: String
  /// Whether every part is at hand, so that an absent tensor is a missing one.
  let isComplete: Bool
  private let headers: [GGUFHeader]

  init(header: GGUFHeader, otherParts: [GGUFHeader]) {
    file = header.name
    headers = [header] + otherParts
    isComplete = headers.count >= header["split.count"]?.int ?? 1
  }

  subscript(name: String) -> GGUFTensorInfo? {
    for header in headers {
      if let tensor = header.tensor(name) { return tensor }
    }
    return nil
  }

  /// All elements of all tensors.
  func elements() throws(ModelFileError) -> Int64 {
    var sum: Int64 = 0
    for header in headers {
      for tensor in header.tensors {
        let (next, overflow) = sum.addingReportingOverflow(tensor.elements)
        guard !overflow else {
          throw ModelFileError(.badTensors, file: file, "has more than 2^63 parameters")
        }
        sum = next
      }
    }
    return sum
  }

  /// Checks that a tensor has exactly these dimensions; trailing ones do not count.
  ///
  /// - Throws: `badTensors` when it differs, or is missing although it is `required` and all parts are at hand.
  func check(_ name: String, _ dimensions: [Int], required: Bool = true) throws(ModelFileError) {
    guard let tensor = self[name] else {
      guard required, isComplete else { return }
      throw ModelFileError(.badTensors, file: file, "the tensor '\(name)' is missing")
    }
    var found = tensor.dimensions.map { Int(clamping: $0) }
    while found.count > dimensions.count, found.last == 1 { found.removeLast() }
    guard found == dimensions else {
      throw ModelFileError(
        .badTensors, file: file, "the tensor '\(name)' has the dimensions \(found), expected \(dimensions)")
    }
  }
}
