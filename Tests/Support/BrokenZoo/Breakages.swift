import Domain
import FuzzSupport
import ModelFiles

extension Breakage {
  /// Every way that the zoo knows.
  public static let all: [Breakage] = weights + scales + layout + layers + norms + header + vocabulary

  /// The layer that is broken when only one is.
  private static func middle(_ model: EditableModel) -> Int {
    min(model.brokenLayer ?? model.layers / 2, model.layers - 2)
  }

  private static func change(
    _ part: String, _ body: @escaping @Sendable (inout EditableModel.Tensor, inout SeededGenerator) -> Void
  ) -> @Sendable (inout EditableModel, inout SeededGenerator) -> Void {
    { model, generator in model.change("blk.\(middle(model)).\(part).weight") { body(&$0, &generator) } }
  }

  // MARK: Weights

  private static let weights: [Breakage] = [
    Breakage("ffn_down of one layer is zero", change("ffn_down") { tensor, _ in tensor.mapFloats { _ in 0 } }),
    Breakage("attn_output of one layer is zero", change("attn_output") { tensor, _ in tensor.mapFloats { _ in 0 } }),
    Breakage(
      "second half of ffn_up of one layer was not written",
      change("ffn_up") { tensor, _ in
        let half = tensor.rows / 2 * tensor.rowBytes
        tensor.data.replaceSubrange(half..., with: [UInt8](repeating: 0, count: tensor.data.count - half))
      }),
    Breakage("rows of ffn_up of one layer shuffled", change("ffn_up") { $0.shuffleRows(&$1) }),
    Breakage("rows of ffn_gate of one layer shuffled", change("ffn_gate") { $0.shuffleRows(&$1) }),
    Breakage("rows of ffn_down of one layer shuffled", change("ffn_down") { $0.shuffleRows(&$1) }),
    Breakage("rows of attn_q of one layer shuffled", change("attn_q") { $0.shuffleRows(&$1) }),
    Breakage("rows of attn_v of one layer shuffled", change("attn_v") { $0.shuffleRows(&$1) }),
    Breakage("rows of attn_output of one layer shuffled", change("attn_output") { $0.shuffleRows(&$1) }),
    Breakage(
      "attn_output of one layer transposed",
      change("attn_output") { tensor, _ in
        let (old, width) = (tensor.floats, tensor.columns)
        guard tensor.rows == width else { return }
        var new = old
        for row in 0..<width { for column in 0..<width { new[column * width + row] = old[row * width + column] } }
        tensor.floats = new
      }),
    Breakage("ffn_down of one layer has the wrong sign", change("ffn_down") { tensor, _ in tensor.mapFloats { -$0 } }),
    Breakage(
      "ffn_gate and ffn_up of one layer exchanged",
      { model, _ in exchange(&model, "blk.\(middle(model)).ffn_gate.weight", "blk.\(middle(model)).ffn_up.weight") }),
    Breakage(
      "ffn_gate and ffn_up of all layers exchanged",
      { model, _ in
        for layer in 0..<model.layers { exchange(&model, "blk.\(layer).ffn_gate.weight", "blk.\(layer).ffn_up.weight") }
      }),
    Breakage(
      "attn_k and attn_v of one layer exchanged",
      { model, _ in exchange(&model, "blk.\(middle(model)).attn_k.weight", "blk.\(middle(model)).attn_v.weight") }),
    Breakage(
      "ffn_up of two layers exchanged",
      { model, _ in exchange(&model, "blk.1.ffn_up.weight", "blk.\(model.layers - 2).ffn_up.weight") }),
    Breakage(
      "all weights of one layer are noise",
      { model, generator in
        for index in model.tensors.indices
        where model.tensors[index].name.hasPrefix("blk.\(middle(model)).") && model.tensors[index].rows > 1 {
          let floats = model.tensors[index].floats
          let size = (floats.reduce(0) { $0 + $1 * $1 } / Float(floats.count)).squareRoot() * 1.7
          model.tensors[index].floats = floats.map { _ in Float.random(in: -size...size, using: &generator) }
        }
      }),
  ]

  private static func exchange(_ model: inout EditableModel, _ left: String, _ right: String) {
    guard let a = model.tensors.firstIndex(where: { $0.name == left }),
      let b = model.tensors.firstIndex(where: { $0.name == right })
    else { return }
    // The names change places, the data stay.
    (model.tensors[a].name, model.tensors[b].name) = (right, left)
  }

  // MARK: Scales of blocks

  private static let scales: [Breakage] = [
    Breakage(
      "one block scale is NaN", change("ffn_down") { tensor, _ in tensor.changeScales(of: { $0 == 77 }) { _ in .nan } }),
    Breakage(
      "scales of one tensor are infinite",
      change("ffn_up") { tensor, _ in tensor.changeScales { _ in .infinity } }),
    Breakage("scales of one tensor doubled", change("ffn_down") { tensor, _ in tensor.changeScales { $0 * 2 } }),
    Breakage("scales of one tensor are an eighth", change("attn_v") { tensor, _ in tensor.changeScales { $0 / 8 } }),
    Breakage(
      "all scales doubled",
      { model, _ in
        for index in model.tensors.indices
        where model.tensors[index].name.hasPrefix("blk.") && model.tensors[index].rows > 1 {
          model.tensors[index].changeScales { $0 * 2 }
        }
      }),
    Breakage("scales of one tensor 5 % too large", change("ffn_up") { tensor, _ in tensor.changeScales { $0 * 1.05 } }),
    Breakage(
      "one bit flipped in 1 of 10,000 bytes",
      { model, generator in
        for index in model.tensors.indices {
          for _ in 0..<model.tensors[index].data.count / 10_000 {
            let place = Int.random(in: 0..<model.tensors[index].data.count, using: &generator)
            model.tensors[index].data[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          }
        }
      }),
    Breakage(
      "one bit flipped in 1 of 1,000,000 bytes",
      { model, generator in
        for index in model.tensors.indices {
          let count = model.tensors[index].data.count
          if Int.random(in: 0..<1_000_000, using: &generator) < count {
            model.tensors[index].data[Int.random(in: 0..<count, using: &generator)] ^=
              1 << UInt8.random(in: 0..<8, using: &generator)
          }
        }
      }),
  ]

  // MARK: How bytes lie

  private static let layout: [Breakage] = [
    Breakage(
      "permutation of query and key rows missing",
      { model, _ in
        for index in model.tensors.indices {
          let name = model.tensors[index].name
          let heads: Int? =
            name.hasSuffix("attn_q.weight")
            ? model[model.key("attention.head_count")]?.int
            : name.hasSuffix("attn_k.weight")
              ? model[model.key("attention.head_count_kv")]?.int ?? model[model.key("attention.head_count")]?.int : nil
          guard let heads else { continue }
          let length = model.tensors[index].rows / heads
          // Row 2i of a head comes from row i of its first half, row 2i + 1 from row i of its second.
          let order = (0..<model.tensors[index].rows).map { row in
            let (head, place) = row.quotientAndRemainder(dividingBy: length)
            let half = length / 2
            return head * length + (place < half ? 2 * place : 2 * (place - half) + 1)
          }
          model.tensors[index].reorderRows(order)
        }
      }),
    Breakage(
      "low and high halves of the bytes exchanged",
      { model, _ in
        for index in model.tensors.indices
        where model.tensors[index].name.hasPrefix("blk.") && model.tensors[index].rows > 1 {
          let tensor = model.tensors[index]
          let start = tensor.scaleOffsets.count * 2
          for block in 0..<tensor.data.count / tensor.type.blockBytes {
            for place in start..<max(start, tensor.type.blockBytes) {
              let byte = tensor.data[block * tensor.type.blockBytes + place]
              model.tensors[index].data[block * tensor.type.blockBytes + place] = byte << 4 | byte >> 4
            }
          }
        }
      }),
    Breakage(
      "data of one tensor begin 2 bytes late",
      change("attn_v") { tensor, _ in tensor.data = [0, 0] + tensor.data.dropLast(2) }),
    Breakage(
      "tensors end after two thirds of the file",
      { model, _ in
        let from = model.tensors.count * 2 / 3
        for index in from..<model.tensors.count {
          model.tensors[index].data = [UInt8](repeating: 0, count: model.tensors[index].data.count)
        }
      }),
  ]

  // MARK: Layers

  /// Names of the tensors of a layer get another number.
  private static func renumber(_ model: inout EditableModel, _ number: (Int) -> Int?) {
    model.tensors = model.tensors.compactMap { tensor in
      guard tensor.name.hasPrefix("blk."), let layer = Int(tensor.name.dropFirst(4).prefix { $0 != "." }) else {
        return tensor
      }
      guard let new = number(layer) else { return nil }
      var renamed = tensor
      renamed.name = "blk.\(new)" + tensor.name.dropFirst(4).drop { $0 != "." }
      return renamed
    }
  }

  private static let layers: [Breakage] = [
    Breakage(
      "one layer left out",
      { model, _ in
        let gone = middle(model)
        renumber(&model) { $0 == gone ? nil : $0 > gone ? $0 - 1 : $0 }
        model.layers -= 1
      }),
    Breakage(
      "three layers left out",
      { model, _ in
        let gone = middle(model)
        guard model.layers > 6 else { return }
        renumber(&model) { (gone..<gone + 3).contains($0) ? nil : $0 > gone ? $0 - 3 : $0 }
        model.layers -= 3
      }),
    Breakage(
      "one layer twice",
      { model, _ in
        let again = middle(model)
        let copies = model.tensors.filter { $0.name.hasPrefix("blk.\(again).") }.map { tensor in
          var copy = tensor
          copy.name = "blk.\(again + 1)." + tensor.name.dropFirst("blk.\(again).".count)
          return copy
        }
        renumber(&model) { $0 > again ? $0 + 1 : $0 }
        model.tensors += copies
        model.layers += 1
      }),
    Breakage(
      "one layer written over the next",
      { model, _ in
        let from = middle(model)
        for index in model.tensors.indices where model.tensors[index].name.hasPrefix("blk.\(from + 1).") {
          let source = "blk.\(from)." + model.tensors[index].name.dropFirst("blk.\(from + 1).".count)
          guard let other = model.tensor(source), other.dimensions == model.tensors[index].dimensions else { continue }
          (model.tensors[index].data, model.tensors[index].type) = (other.data, other.type)
        }
      }),
    Breakage(
      "two distant layers exchanged",
      { model, _ in
        let (low, high) = (model.layers / 5, model.layers * 4 / 5)
        renumber(&model) { $0 == low ? high : $0 == high ? low : $0 }
      }),
    Breakage(
      "layers in reverse order",
      { model, _ in
        let last = model.layers - 1
        renumber(&model) { last - $0 }
      }),
    Breakage(
      "layers in the order of their names as text",
      { model, _ in
        let order = (0..<model.layers).map(String.init).sorted().enumerated()
        let places = Dictionary(uniqueKeysWithValues: order.map { (Int($1) ?? 0, $0) })
        renumber(&model) { places[$0] }
      }),
    Breakage(
      "two neighbouring layers exchanged",
      { model, _ in
        let low = middle(model)
        renumber(&model) { $0 == low ? low + 1 : $0 == low + 1 ? low : $0 }
      }),
  ]

  // MARK: Norms

  private static let norms: [Breakage] = [
    Breakage("ffn_norm of one layer is zero", change("ffn_norm") { tensor, _ in tensor.mapFloats { _ in 0 } }),
    Breakage("attn_norm of one layer is one", change("attn_norm") { tensor, _ in tensor.mapFloats { _ in 1 } }),
    Breakage(
      "output norm is one",
      { model, _ in model.change("output_norm.weight") { $0.mapFloats { _ in 1 } } }),
    Breakage(
      "one was added to all norms",
      { model, _ in
        for index in model.tensors.indices where model.tensors[index].name.contains("norm") {
          model.tensors[index].mapFloats { $0 + 1 }
        }
      }),
    Breakage(
      "attn_norm of one layer shuffled",
      change("attn_norm") { tensor, generator in tensor.floats = tensor.floats.shuffled(using: &generator) }),
  ]
}
