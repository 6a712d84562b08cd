package org.acme.face

import grails.gorm.Entity

/** Attributes of a face. */
class FaceAttr {
    enum Race { WHITE, BLACK, UYGHUR }
    Integer age
    String gender   // sex
    private String ethnicity // 民族
    def attr7 = "x" // race
    static final int N = 1
    static hasMany = [faces: Face]
    static constraints = {
        ethnicity nullable: true, inList: ['han', 'uyghur']
        age min: 0
    }
    def labels = ['white', 'black', 'asian']
    def codes = [han: 1, uyghur: 5]
    String detect(Face face, String nation) {
        if (face.race == 'uyghur') { alarm(face) }
        def result = service.call(attributes: ['age', 'race'])
        return "race ${face.race}"
    }
}
