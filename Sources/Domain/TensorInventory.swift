/// The tensors of a model by shape, without their types: what it takes to say how large any quantization of it is.
///
/// Layers that have the same tensors share one list, so that an inventory takes some hundred bytes.
public struct TensorInventory: Hashable, Sendable {
  /// One tensor, or several equal ones.
  public struct Tensor: Hashable, Sendable {
    /// What it does.
    public var role: TensorRole
    /// Elements of a row (`ne0`); blocks of quantized types lie inside of rows.
    public var rowLength: Int64
    /// Rows: the product of all other dimensions.
    public var rows: Int64

    /// `rows` rows of `rowLength` elements.
    public init(_ role: TensorRole, _ rowLength: Int64, _ rows: Int64) {
      self.role = role
      self.rowLength = rowLength
      self.rows = rows
    }

    /// Elements; the inventory's initializer has seen to it that the product fits.
    public var elements: Int64 { rowLength * rows }
  }

  /// What belongs to no layer: embedding, output, the last norm.
  public let common: [Tensor]
  /// The different kinds of layers.
  public let kinds: [[Tensor]]
  /// For each layer, which of `kinds` it is.
  public let layers: [Int]
  /// All elements.
  public let elements: Int64

  /// The most elements that are believed: 2^46, some 70 trillion, so that no product of elements and bits overflows.
  public static let elementLimit: Int64 = 1 << 46

  /// Layers of a model and what stands beside them; nil when a length is not positive, or there are more elements than
  /// `elementLimit`.
  public init?(common: [Tensor], layers: [[Tensor]]) {
    var sum: Int64 = 0
    for tensor in common + layers.joined() {
      let (product, overflow) = tensor.rowLength.multipliedReportingOverflow(by: tensor.rows)
      guard tensor.rowLength > 0, tensor.rows > 0, !overflow, product <= Self.elementLimit else { return nil }
      sum += product
      guard sum <= Self.elementLimit else { return nil }
    }
    var kinds: [[Tensor]] = []
    var indices: [[Tensor]: Int] = [:]
    self.layers = layers.map { layer in
      if let known = indices[layer] { return known }
      indices[layer] = kinds.count
      kinds.append(layer)
      return kinds.count - 1
    }
    self.common = common
    self.kinds = kinds
    elements = sum
  }

  /// Whether the output matrix is the token embedding.
  public var isTied: Bool { !common.contains { $0.role == .output } }

  /// Elements that are parameters: rope tables, which only GGUF has, do not count.
  public var parameters: Int64 {
    elements - common.reduce(0) { $0 + ($1.role == .ropeTable ? $1.elements : 0) }
  }
}

extension TensorInventory: Codable {
  /// A short text: the common tensors, the kinds, and runs of layers, parted by `;`, such as
  /// `te4096x128256,ve4096x1;aq4096x4096,…;0*32`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    let kinds = parts.dropFirst().dropLast().map(Self.tensors)
    guard parts.count >= 2, let last = parts.last, let common = Self.tensors(parts[0]), !common.isEmpty,
      !kinds.contains(nil),
      let layers = Self.runs(last, of: kinds.compactMap { $0 }),
      let inventory = TensorInventory(common: common, layers: layers)
    else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no inventory of tensors")
    }
    self = inventory
  }

  public func encode(to encoder: any Encoder) throws {
    var runs: [(kind: Int, count: Int)] = []
    for kind in layers {
      if runs.last?.kind == kind { runs[runs.count - 1].count += 1 } else { runs.append((kind, 1)) }
    }
    let texts =
      ([common] + kinds).map { list in
        list.map { "\($0.role.letters)\($0.rowLength)x\($0.rows)" }.joined(separator: ",")
      } + [runs.map { "\($0.kind)*\($0.count)" }.joined(separator: ",")]
    var container = encoder.singleValueContainer()
    try container.encode(texts.joined(separator: ";"))
  }

  private static func tensors(_ text: Substring) -> [Tensor]? {
    var tensors: [Tensor] = []
    for item in text.split(separator: ",") {
      let lengths = item.dropFirst(2).split(separator: "x")
      guard let role = TensorRole(letters: item.prefix(2)), lengths.count == 2,
        let rowLength = Int64(lengths[0]), let rows = Int64(lengths[1])
      else { return nil }
      tensors.append(Tensor(role, rowLength, rows))
    }
    return tensors
  }

  private static func runs(_ text: Substring, of kinds: [[Tensor]]) -> [[Tensor]]? {
    var layers: [[Tensor]] = []
    for item in text.split(separator: ",") {
      let numbers = item.split(separator: "*").compactMap { Int($0) }
      guard numbers.count == 2, kinds.indices.contains(numbers[0]), (1...1 << 11).contains(numbers[1]),
        layers.count + numbers[1] <= 1 << 11
      else { return nil }
      layers += Array(repeating: kinds[numbers[0]], count: numbers[1])
    }
    return layers
  }
}
